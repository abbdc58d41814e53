// Owns the one connection for live news: WebSocket, else a stream of events, else asking now and then. Comes back by itself,
// says where it stopped (at first: shortly before the page was drawn, so news may be heard that the page shows already), and
// tells who listens when something may have been missed. Never reads the news itself.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10000;
const OPEN_LIMIT_MS = 8000;
const ASK_EVERY_MS = 15000;
const STEADY_MS = 5000;
const TICKET_EXPIRED = 4001;
const WORDS = { live: "Live", waiting: "Reconnecting", asking: `Renews every ${ASK_EVERY_MS / 1000} s` };

let only = null;

/** The page's connection; made at the first call, opened by `start`. */
export function connection() {
  only ??= new Live(document.documentElement.dataset.contest ?? "");
  return only;
}

class Live {
  #contest;
  #listeners = new Map();
  #anyListeners = [];
  #gapListeners = [];
  #since = `${document.documentElement.dataset.heardFrom}-0`;
  #wait = FIRST_WAIT_MS;
  #failures = { socket: 0, stream: 0 };
  #proven = "";
  #line = null;
  #timer = 0;
  #asking = 0;

  constructor(contest) {
    this.#contest = contest;
  }

  /** Calls `listener(body)` for every piece of news of a kind. */
  on(kind, listener) {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }

  /** Calls `listener(kind, body)` for every piece of news. */
  onAny(listener) {
    this.#anyListeners.push(listener);
  }

  /** Calls `listener()` when news may have been missed: read again what you show. */
  onGap(listener) {
    this.#gapListeners.push(listener);
  }

  /** Opens the line, and keeps it open while the page lives. */
  start() {
    addEventListener("online", () => this.#again(0));
    addEventListener("offline", () => {
      this.#drop();
      this.#show("waiting");
    });
    addEventListener("pageshow", (event) => event.persisted && this.#again(0));
    addEventListener("pagehide", () => this.#drop());
    this.#open();
  }

  #open() {
    this.#drop();
    if (this.#proven === "socket" || (this.#failures.socket < 2 && this.#proven !== "stream")) return this.#openSocket();
    if (this.#proven === "stream" || this.#failures.stream < 2) return this.#openStream();
    this.#ask();
  }

  #address() {
    const address = new URL("/events", location.href);
    if (this.#contest) address.searchParams.set("contest", this.#contest);
    address.searchParams.set("since", this.#since);
    return address;
  }

  #openSocket() {
    const address = this.#address();
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    const end = this.#watch("socket", () => socket.close());
    socket.addEventListener("open", () => end.opened());
    socket.addEventListener("message", (event) => this.#hear(event.data));
    socket.addEventListener("close", (event) => end.broke(event.code === TICKET_EXPIRED));
  }

  #openStream() {
    const stream = new EventSource(this.#address());
    const end = this.#watch("stream", () => stream.close());
    stream.addEventListener("open", () => end.opened());
    stream.addEventListener("message", (event) => this.#hear(event.data));
    stream.addEventListener("end", (event) => end.broke(JSON.parse(event.data).code === TICKET_EXPIRED));
    stream.addEventListener("error", () => end.broke());
  }

  /** Follows one line from opening to breaking; what an older line still says is not heard. */
  #watch(way, close) {
    const line = { close };
    this.#line = line;
    let steady = 0;
    let isSteady = false;
    const late = setTimeout(() => broke(), OPEN_LIMIT_MS);
    const broke = (isExpected = false) => {
      clearTimeout(late);
      clearTimeout(steady);
      if (this.#line !== line) return;
      this.#line = null;
      close();
      if (isExpected) return this.#open();
      if (!isSteady) this.#failures[way] += 1;
      this.#show("waiting");
      this.#again(this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
    };
    const opened = () => {
      clearTimeout(late);
      if (this.#line !== line) return;
      steady = setTimeout(() => {
        isSteady = true;
        this.#proven = way; // a way that has worked is not blocked: if it breaks, the server is away, and comes back
        this.#wait = FIRST_WAIT_MS;
      }, STEADY_MS);
      clearInterval(this.#asking);
      this.#asking = 0;
      this.#show("live");
    };
    return { opened, broke };
  }

  #again(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), delay);
  }

  #drop() {
    const line = this.#line;
    this.#line = null;
    line?.close();
  }

  /** No line is to be had: what is shown is read again now and then, and a line is tried for once in a while. */
  #ask() {
    this.#show("asking");
    this.#asking ||= setInterval(() => this.#gap(), ASK_EVERY_MS);
    this.#failures = { socket: 1, stream: 1 };
    this.#again(ASK_EVERY_MS);
  }

  #hear(text) {
    let news;
    try {
      news = JSON.parse(text);
    } catch {
      return;
    }
    if (news.kind === "gap") return this.#gap();
    if (news.id) this.#since = news.id;
    for (const listener of this.#listeners.get(news.kind) ?? []) listener(news.body);
    for (const listener of this.#anyListeners) listener(news.kind, news.body);
  }

  #gap() {
    for (const listener of this.#gapListeners) listener();
  }

  #show(state) {
    for (const place of document.querySelectorAll("[data-link-state]")) {
      place.hidden = false;
      place.dataset.state = state;
      place.textContent = WORDS[state];
    }
  }
}
