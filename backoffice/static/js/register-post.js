// The way to the server: one send at a time, again and again until it is through.
const LONGEST = 15_000;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

export class Post {
  constructor(url, person, token) {
    this.url = url;
    this.person = person;
    this.token = token;
    this.wait = 0;
  }

  // The next pause; each is twice as long as the one before, and no two telephones keep time.
  nextWait() {
    this.wait = Math.min(Math.max(FIRST_WAIT, this.wait * 2), LONGEST_WAIT);
    return this.wait * (0.8 + Math.random() * 0.4);
  }

  // {status, body}; status 0: nobody answered.
  async ask(url, options = {}) {
    const ends = new AbortController();
    const timer = setTimeout(() => ends.abort(), LONGEST);
    try {
      const answer = await fetch(url, {
        credentials: "same-origin", cache: "no-store", redirect: "error", signal: ends.signal, ...options,
        headers: { Accept: "application/json", ...options.headers },
      });
      return { status: answer.status, body: await answer.json() };
    } catch {
      return { status: 0, body: {} };
    } finally {
      clearTimeout(timer);
    }
  }

  async send(marks) {
    let answer = await this.post(marks);
    // The page is older than its form token: ask for a new one, once.
    if (answer.status === 400 && await this.renewToken()) answer = await this.post(marks);
    if (answer.status > 0 && answer.status < 500 && answer.status !== 429) this.wait = 0;
    return answer;
  }

  post(marks) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    return this.ask(this.url, { method: "POST", headers, body: JSON.stringify({ person: this.person, marks }) });
  }

  async renewToken() {
    const { status, body } = await this.ask("/login");
    if (status !== 200 || !body.is_signed_in || body.csrf_token === this.token) return false;
    this.token = body.csrf_token;
    return true;
  }

  read() { return this.ask(this.url); }
}
