"""What a row keeps of an unexpected error: enough to find it in the log, nothing that people should not read."""


def sentence_of(error: BaseException) -> str:
    """Names the kind of the error; its text may hold data or SQL and stays in the log."""
    return f"An unexpected error ({type(error).__name__}). The log has the details."
