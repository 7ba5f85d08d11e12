// Frames from the server, by stream or one by one. A frame is a whole page: nothing adds up here, so a
// lost or repeated one changes nothing.

// The server sends a frame a second, at worst every few while Redis times out.
const SILENCE_MS = 8000;
const POLL_MS = 2000;
const RETRY_MS = [1000, 2000, 5000, 10000];
// After this many streams in a row without one frame something between blocks them: ask frame by frame.
const BLOCKED_AFTER = 3;

/** Delivers frames from `resume` until paused or closed: by stream, or one by one where streams are blocked. */
class Feed {
  constructor(address, query, onFrame, onTrouble) {
    Object.assign(this, { address, query, onFrame, onTrouble });
    this.failures = 0;
    this.closed = false;
    this.paused = true;
    this.onVisible = () => { if (!document.hidden) this.#restart(); };
    document.addEventListener("visibilitychange", this.onVisible);
    window.addEventListener("online", this.onVisible);
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.onVisible);
    window.removeEventListener("online", this.onVisible);
    this.#drop();
  }

  /** Hold no connection until `resume`. */
  pause() {
    this.paused = true;
    this.#drop();
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    this.failures = 0;
    this.#open();
  }

  #drop() {
    clearTimeout(this.watchdog);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /** A tab that was asleep may hold a stream that died unnoticed. */
  #restart() {
    if (this.closed || (this.last && performance.now() - this.last < SILENCE_MS)) return;
    this.#open();
  }

  #open() {
    this.#drop();
    if (this.closed || this.paused) return;
    if (this.failures >= BLOCKED_AFTER || !("EventSource" in window)) { this.#poll(); return; }
    this.source = new EventSource(`${this.address.stream}?${this.query}`);
    this.source.onmessage = (event) => { this.failures = 0; this.#watch(); this.#deliver(JSON.parse(event.data), null); };
    // Reconnecting is ours: the browser's own way gives up for good on an error page from a proxy.
    this.source.onerror = () => this.#fail(1);
    this.#watch();
  }

  /** Errors alone do not tell: a stream behind a buffering proxy stays open and silent. */
  #watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.#fail(2), SILENCE_MS);
  }

  /** One error alone is a stream that was cut, as proxies do now and then: it is back before it is missed. */
  #fail(weight) {
    this.#drop();
    // A stream that never gave a frame where the page itself came through is blocked: nobody waits for more proof.
    if (this.last === undefined) {
      this.failures = BLOCKED_AFTER;
      this.retry = setTimeout(() => this.#open(), 200);
      return;
    }
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += weight;
    if (this.failures > 1) this.onTrouble("lost");
    this.retry = setTimeout(() => this.#open(), wait);
  }

  async #poll() {
    let wait = POLL_MS;
    try {
      const answer = await fetch(`${this.address.frame}?${this.query}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const frame = await answer.json();
      if (this.closed || this.paused) return;
      this.#deliver(frame, "slow");
      this.polls = (this.polls ?? 0) + 1;
      // Now and then try the stream again: the proxy may have gone.
      if (this.polls % 30 === 0) this.failures = BLOCKED_AFTER - 1;
    } catch {
      if (this.closed || this.paused) return;
      this.onTrouble("lost");
      this.failures = 0;
      wait = RETRY_MS.at(-2);
    }
    this.retry = setTimeout(() => this.#open(), wait);
  }

  #deliver(frame, trouble) {
    this.last = performance.now();
    this.onTrouble(trouble);
    this.onFrame(frame);
  }
}
