"""Reversals and the status of a transaction: accepted at once, decided a moment later, told to ResultURL only."""

from __future__ import annotations

import time

from simulators.courier import Parcel, as_json
from simulators.mpesa.calls import conversation, field, nairobi_number, receipt
from simulators.mpesa.prompts import URL
from simulators.store import Document
from simulators.world import World

DECIDE_SECONDS = 1.0
SUCCESS = (0, "The service request is processed successfully.")


def reverse(world: World, account: str, body: Document) -> Document:
    """Raises DarajaError for a field that is wrong; everything else is told in the result."""
    field(body, "CommandID", "TransactionReversal")
    field(body, "RecieverIdentifierType", r"\d{1,2}")
    asked = _asked(body) | {
        "kind": "reversal",
        "amount": field(body, "Amount", r"\d{1,9}(\.\d{1,2})?"),
        "shortcode": field(body, "ReceiverParty", r"\d{5,7}"),
    }
    return _accept(world, account, asked)


def status(world: World, account: str, body: Document) -> Document:
    """How a transaction stands, by its receipt."""
    field(body, "CommandID", "TransactionStatusQuery")
    field(body, "IdentifierType", r"\d{1,2}")
    asked = _asked(body) | {"kind": "status", "shortcode": field(body, "PartyA", r"\d{5,7}")}
    return _accept(world, account, asked)


def _asked(body: Document) -> Document:
    field(body, "SecurityCredential", r".{1,2000}")
    field(body, "Remarks", r".{2,100}")
    return {
        "initiator": field(body, "Initiator", r".{1,60}"),
        "transaction": field(body, "TransactionID", r"[A-Za-z0-9]{1,40}"),
        "url": field(body, "ResultURL", URL),
        "timeout_url": field(body, "QueueTimeOutURL", URL),
    }


def _accept(world: World, account: str, asked: Document) -> Document:
    asked |= {"id": conversation(), "originator": conversation(), "decided": None}
    world.store.add("mpesa_request", account, asked, due=time.time() + DECIDE_SECONDS)
    return {
        "OriginatorConversationID": asked["originator"],
        "ConversationID": asked["id"],
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    }


def decide(world: World, account: str, asked: Document) -> None:
    """Do it, or not, and tell."""
    prompt = _paid(world, account, asked["transaction"])
    if asked["kind"] == "reversal":
        code, sentence, parameters = _reverse(world, account, asked, prompt)
    else:
        code, sentence, parameters = _status(prompt)
    asked["decided"] = code
    world.store.save("mpesa_request", account, asked)
    world.store.set_due("mpesa_request", asked["id"], None)
    result = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": sentence,
        "OriginatorConversationID": asked["originator"],
        "ConversationID": asked["id"],
        "TransactionID": asked.get("receipt", receipt()),
        "ReferenceData": {"ReferenceItem": {"Key": "QueueTimeoutURL", "Value": asked["timeout_url"]}},
    }
    if parameters:
        listed = [{"Key": key, "Value": value} for key, value in parameters.items()]
        result["ResultParameters"] = {"ResultParameter": listed}
    body = as_json({"Result": result})
    world.courier.promise(
        Parcel("mpesa", account, asked["id"], f"{asked['kind']}.result", asked["url"], body)
    )


def _paid(world: World, account: str, transaction: str) -> Document | None:
    prompts = world.store.every("prompt", account)
    return next((prompt for prompt in prompts if prompt["receipt"] == transaction), None)


def _reverse(
    world: World, account: str, asked: Document, prompt: Document | None
) -> tuple[int | str, str, Document]:
    """Only the whole can go back, and only once."""
    if "wrong" in asked["initiator"]:
        return 2001, "The initiator information is invalid.", {}
    if prompt is None or prompt["shortcode"] != asked["shortcode"]:
        return "R000002", "The OriginalTransactionID is invalid.", {}
    if prompt["reversed_by"] is not None:
        return "R000001", "The transaction has already been reversed.", {}
    if float(asked["amount"]) != prompt["amount"]:
        return "R000003", "The amount is not that of the original transaction.", {}
    asked["receipt"] = prompt["reversed_by"] = receipt()
    world.store.save("prompt", account, prompt)
    return (
        *SUCCESS,
        {
            "DebitAccountBalance": "Utility Account|KES|0.00|0.00|0.00|0.00",
            "Amount": f"{prompt['amount']}.00",
            "TransCompletedTime": nairobi_number(time.time()),
            "OriginalTransactionID": asked["transaction"],
            "Charge": "0.00",
            "CreditPartyPublicName": f"{prompt['phone']} - SIMULATED PAYER",
            "DebitPartyPublicName": f"{prompt['shortcode']} - SIMULATED SCHOOL",
        },
    )


def _status(prompt: Document | None) -> tuple[int | str, str, Document]:
    if prompt is None:
        return 2032, "The transaction does not exist.", {}
    return (
        *SUCCESS,
        {
            "ReceiptNo": prompt["receipt"],
            "Amount": f"{prompt['amount']}.00",
            "TransactionStatus": "Completed" if prompt["reversed_by"] is None else "Reversed",
            "ReasonType": "Pay Bill Online",
            "DebitPartyName": f"{prompt['phone']} - SIMULATED PAYER",
            "CreditPartyName": f"{prompt['shortcode']} - SIMULATED SCHOOL",
            "InitiatedTime": nairobi_number(prompt["at"]),
            "FinalisedTime": nairobi_number(prompt["ended_at"]),
        },
    )
