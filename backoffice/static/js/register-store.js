// What was marked and not sent yet, in this browser's own storage: one entry for each person and date.
// It holds ids, versions, marks and notes; no names, no needs. backoffice.js deletes it at sign-out.
const PREFIX = "register:";
const ROWS = "register-rows:";
const KEPT_FOR = 14 * 24 * 3600 * 1000;
const MOST_TRIES = 5;
const FIELDS = ["outcome", "note", "has_shown_identity"];

const valuesOf = (mark) => ({ attendance: mark.attendance, ...Object.fromEntries(FIELDS.map((name) => [name, mark[name] ?? null])) });
const plain = (note) => note.replaceAll("\r\n", "\n").trim();

// Whether a row of the register has every value that was tried.
function stands(row, tried) {
  const marks = Object.entries(tried.attendance).every(([day, status]) => (row.attendance[day] ?? "") === status);
  const given = FIELDS.filter((name) => tried[name] !== null);
  return marks && given.every((name) => (name === "note" ? plain(row.note) === plain(tried.note) : row[name] === tried[name]));
}

// The change between the version that was seen and this row is our own, whose answer got lost on the way.
export const isOwn = (row, mark) => mark.tried.some((tried) => row.version === tried.seen_version + 1 && stands(row, tried));

// As the marks endpoint takes it.
export const asSent = (id, mark) => ({ attendee_id: id, seen_version: mark.seen_version, ...valuesOf(mark) });

export class Store {
  constructor(person, schedule) {
    this.key = `${PREFIX}${person}:${schedule}`;
    this.rowsKey = `${ROWS}${person}:${schedule}`;
    this.memory = {};
    this.isKept = this.attempt(() => { localStorage.setItem(`${PREFIX}try`, "1"); localStorage.removeItem(`${PREFIX}try`); return true; }) ?? false;
    this.forgetOld();
  }

  // A browser that keeps nothing is no reason not to mark: the marks live as long as the page.
  attempt(work) {
    try { return work(); } catch { return null; }
  }

  // Read each time: another tab may have the same register open.
  read() {
    if (!this.isKept) return this.memory;
    const kept = this.attempt(() => JSON.parse(localStorage.getItem(this.key) || "null"));
    return kept?.marks ?? {};
  }

  write(marks) {
    this.memory = marks;
    const isEmpty = Object.keys(marks).length === 0;
    const text = JSON.stringify({ at: Date.now(), marks });
    this.attempt(() => (isEmpty ? localStorage.removeItem(this.key) : localStorage.setItem(this.key, text)));
  }

  get(id) { return this.read()[id]; }

  get count() { return Object.keys(this.read()).length; }

  change(id, work) {
    const marks = this.read();
    if (marks[id]) work(marks[id]);
    this.write(marks);
  }

  touch(id, seenVersion, values) {
    const marks = this.read();
    const mark = marks[id] ?? { seen_version: seenVersion, attendance: {}, tried: [] };
    const attendance = { ...mark.attendance, ...values.attendance };
    marks[id] = { ...mark, ...values, attendance, stamp: `${Date.now()}-${Math.random()}` };
    this.write(marks);
  }

  // Written down before it is sent: the answer may get lost.
  tried(ids) {
    const marks = this.read();
    for (const id of ids) {
      const tried = { seen_version: marks[id].seen_version, ...valuesOf(marks[id]) };
      marks[id].tried = [...marks[id].tried, tried].slice(-MOST_TRIES);
    }
    this.write(marks);
  }

  // Sent and saved: gone from here, unless it was marked once more meanwhile. Whether it is gone.
  settle(id, sent, version) {
    const marks = this.read();
    const isDone = !marks[id] || marks[id].stamp === sent.stamp;
    if (isDone) delete marks[id];
    else Object.assign(marks[id], { seen_version: version, tried: [] });
    this.write(marks);
    return isDone;
  }

  // What was saved since the page was made: a page opened without a connection is an old one.
  know(row) {
    const { attendee_id: id, version, seen, attendance, outcome, note, has_shown_identity } = row;
    const rows = { ...this.rows(), [id]: { version, seen, attendance, outcome, note, has_shown_identity } };
    this.attempt(() => localStorage.setItem(this.rowsKey, JSON.stringify({ at: Date.now(), rows })));
  }

  rows() { return this.attempt(() => JSON.parse(localStorage.getItem(this.rowsKey) || "null"))?.rows ?? {}; }

  drop(id) {
    const marks = this.read();
    delete marks[id];
    this.write(marks);
  }

  forgetOld() {
    this.attempt(() => {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX) || name.startsWith(ROWS))) {
        const at = this.attempt(() => JSON.parse(localStorage.getItem(key)).at) ?? 0;
        if (Date.now() - at > KEPT_FOR) localStorage.removeItem(key);
      }
    });
  }
}
