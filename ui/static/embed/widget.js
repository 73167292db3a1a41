// Hugang 沪港通途: a tenant's chat on a page of its portal. This script places the frame that the chat
// is in, and fetches the visitor's token; the two talk by messages to the other's exact origin.
(() => {
  "use strict";
  const WORDS = "@words@"; // by language: that the chat cannot be reached
  const EVENTS = ["ready", "open", "close", "asked", "answered", "declined", "error"];
  const PATIENCE_MS = [20000, 4000]; // for the frame to load, then to answer
  const tag = document.currentScript || document.querySelector('script[data-tenant][src*="widget.js"]');
  if (!tag || !tag.isConnected) return; // a framework may have taken it away again
  const wish = tag.dataset;
  const base = new URL(".", tag.src);
  const inline = wish.mode === "inline";
  const [side, far] = wish.position === "bottom-left" ? ["left", "right"] : ["right", "left"];
  const phone = matchMedia("(max-width: 640px)");
  const print = matchMedia("print");
  const listeners = new Map(EVENTS.map((name) => [name, new Set()]));
  const undo = []; // takes each trace off the page again
  let host, panel, bubble, frame, patience;
  let ready = false;
  let shown = false;
  let gone = false;
  let early = false; // opened before there was a page to put it on
  let token = wish.token || null;
  let cameFrom = null; // where the focus was before the chat opened
  let wanted = []; // messages for a frame that is not ready yet

  function style(node, rules) {
    // By CSSOM, which a policy without 'unsafe-inline' allows; attributes it does not.
    for (const name in rules) node.style.setProperty(name, rules[name]);
    return node;
  }

  function make(name, rules, attributes) {
    const node = style(document.createElement(name), rules);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return node;
  }

  function listen(target, name, act) {
    target.addEventListener(name, act);
    undo.push(() => target.removeEventListener(name, act));
  }

  function tell(name, detail) {
    for (const act of listeners.get(name)) {
      setTimeout(() => act(detail || {})); // what fails there stops nothing here
    }
  }

  function fail(code, message) {
    console.warn("Hugang: " + message);
    tell("error", { code, message });
  }

  function send(message) {
    if (!ready && message.do !== "hello") wanted.push(message);
    else if (frame.contentWindow) frame.contentWindow.postMessage({ hugang: 1, ...message }, base.origin);
  }

  // --- the visitor's token: given, from the portal's server, or for anybody

  function refuse(given, why, retryAfter) {
    const code = given || "no-session";
    fail(code, "no token: " + why);
    return { fault: { code, retryAfter } };
  }

  async function session(renew) {
    if (token && !renew) return { token };
    if (wish.token && !wish.sessionUrl) return { fault: { code: "session-ended" } };
    const body = JSON.stringify({ tenant: wish.tenant });
    const json = { Accept: "application/json", "Content-Type": "application/json" };
    const url = wish.sessionUrl || new URL("api/v1/sessions/anonymous", base).href;
    const credentials = wish.sessionUrl ? "same-origin" : "omit";
    try {
      const answer = await fetch(url, { method: "POST", credentials, headers: json, body, cache: "no-store" });
      const told = await answer.json();
      if (answer.ok && told.token) return { token: (token = told.token) };
      return refuse(told.code, answer.status + " " + told.detail, Number(answer.headers.get("Retry-After")));
    } catch (error) {
      return refuse("", error.message);
    }
  }

  // --- what the frame says

  const HEARD = {
    ready: (said) => {
      clearTimeout(patience);
      ready = true;
      frame.title = said.title;
      if (panel) panel.setAttribute("aria-label", said.title);
      if (bubble) showBubble(said);
      for (const message of wanted) send(message);
      wanted = [];
      tell("ready", { tenant: wish.tenant });
      if (inline) send({ do: "opened" });
    },
    token: async (said) => send({ do: "token", id: said.id, ...(await session(said.renew)) }),
    close,
    reload: () => location.reload(),
    event: (said) => EVENTS.includes(said.name) && tell(said.name, said.detail),
  };

  function hear(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return;
    const said = event.data;
    if (said && said.hugang === 1 && Object.hasOwn(HEARD, said.do)) HEARD[said.do](said);
  }

  // --- what is seen

  function makeFrame() {
    const address = new URL("embed/" + encodeURIComponent(wish.tenant), base);
    for (const name of ["lang", "theme"]) if (wish[name]) address.searchParams.set(name, wish[name]);
    frame = make("iframe", { border: "0", display: "block", width: "100%", height: "100%", "border-radius": "inherit", "color-scheme": "normal" },
      { src: address.href, allow: "clipboard-write", title: "Hugang" });
    frame.addEventListener("load", () => {
      wait(1);
      send({ do: "hello", mode: wish.mode, question: wish.question });
    });
    wait(0);
  }

  function wait(step) {
    clearTimeout(patience);
    if (!ready) patience = setTimeout(unreached, PATIENCE_MS[step]);
  }

  function unreached() {
    fail("unreachable", "no chat of " + wish.tenant + " at " + base.origin + "; is " + location.origin +
      " among its origins, and allowed by frame-src?");
    if (!inline) return close();
    const note = make("p", { font: "15px/1.6 system-ui, sans-serif", padding: "8px 24px" }, { role: "status" });
    note.textContent = WORDS[wish.lang] || WORDS[navigator.language.startsWith("zh") ? "zh-Hans" : "en"];
    frame.replaceWith(note);
  }

  function drawing(path) {
    const [svg, line] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return style(svg, { width: "26px", height: "26px", fill: "none", stroke: "currentColor", "stroke-width": "1.8" });
  }
  const SPEECH = "M4 6q0-2 2-2h12q2 0 2 2v8q0 2-2 2h-6.5l-4.5 4v-4h-1q-2 0-2-2zM8 8.5h8M8 11.5h5";
  const CROSS = "M6 6l12 12M18 6L6 18";

  function makeBubble() {
    bubble = make("button", {
      position: "fixed", display: "none", "place-items": "center", margin: "0", padding: "0",
      [side]: "max(20px, env(safe-area-inset-" + side + "))",
      bottom: "max(20px, env(safe-area-inset-bottom))", width: "56px", height: "56px", "border-radius": "50%",
      border: "1px solid transparent", color: "#fff", cursor: "pointer", "box-shadow": "0 4px 18px rgb(0 0 0 / 30%)",
    }, { type: "button", "aria-haspopup": "dialog" });
    bubble.addEventListener("click", () => (shown ? close() : open()));
    return bubble;
  }

  function showBubble(said) {
    bubble.names = said.labels;
    style(bubble, { background: said.accent, display: "grid" });
    drawBubble();
  }

  function drawBubble() {
    if (!bubble.names) return;
    bubble.replaceChildren(drawing(shown ? CROSS : SPEECH));
    bubble.setAttribute("aria-label", shown ? bubble.names.close : bubble.names.open);
    bubble.setAttribute("aria-expanded", String(shown));
  }

  // Who tabs out of a chat that covers the page comes in again at its other end.
  function guard(at) {
    const stop = make("span", { position: "fixed" }, { tabindex: "0" });
    stop.addEventListener("focus", () => {
      frame.focus();
      send({ do: "focus", at });
    });
    return stop;
  }

  function place() {
    const full = phone.matches;
    const view = window.visualViewport; // smaller than the window while a keyboard is up
    style(panel, {
      display: shown ? "block" : "none", position: "fixed", "box-sizing": "border-box", overflow: "hidden", background: "Canvas",
      [far]: full ? "0" : "auto", [side]: full ? "0" : "20px",
      top: full ? (view ? view.offsetTop : 0) + "px" : "auto", bottom: full ? "auto" : "calc(92px + env(safe-area-inset-bottom))",
      width: full ? "100%" : "min(420px, calc(100vw - 40px))",
      height: full ? (view ? view.height : window.innerHeight) + "px" : "min(700px, calc(100vh - 112px))",
      "border-radius": full ? "0" : "16px", border: full ? "0" : "1px solid rgb(128 140 144 / 45%)",
      "box-shadow": full ? "none" : "0 12px 44px rgb(0 0 0 / 22%)",
    });
    if (full) panel.setAttribute("aria-modal", "true");
    else panel.removeAttribute("aria-modal");
    for (const stop of panel.querySelectorAll("span")) stop.hidden = !full;
    if (bubble.names) style(bubble, { display: shown && full ? "none" : "grid" });
    hold(shown && full);
  }

  // The page under a chat that covers it does not scroll.
  let overflow = null;
  function hold(still) {
    const root = document.documentElement.style;
    if (still) overflow ??= root.overflow;
    else if (overflow === null) return;
    root.overflow = still ? "hidden" : overflow;
    if (!still) overflow = null;
  }

  function open() {
    if (gone || shown || inline) return;
    if (!host) return void (early = true);
    cameFrom = document.activeElement;
    shown = true;
    place();
    drawBubble();
    frame.focus();
    send({ do: "opened" });
    tell("open");
  }

  function close() {
    if (!shown) return;
    const held = document.activeElement === host;
    shown = false;
    place();
    drawBubble();
    const back = cameFrom && cameFrom !== host && cameFrom !== document.body && cameFrom.isConnected ? cameFrom : bubble;
    if (held) back.focus({ preventScroll: true });
    tell("close");
  }

  function build() {
    if (gone) return;
    host = make("div", { all: "initial", display: "block" });
    const shadow = host.attachShadow({ mode: "open" });
    makeFrame();
    if (inline) {
      const target = wish.target && document.querySelector(wish.target);
      if (!target) {
        clearTimeout(patience);
        fail("no-target", "data-target " + JSON.stringify(wish.target || "") + " names no element of this page");
        return;
      }
      style(host, { height: target.clientHeight > 200 ? "100%" : "640px" });
      shadow.append(frame);
      target.append(host);
    } else {
      panel = make("div", {}, { role: "dialog" });
      panel.append(guard("last"), frame, guard("first"));
      style(host, { position: "fixed", "z-index": "2147483000", top: "0", left: "0", width: "0" });
      shadow.append(panel, makeBubble());
      place();
      document.body.append(host);
      listen(phone, "change", place);
      if (window.visualViewport) for (const name of ["resize", "scroll"]) listen(window.visualViewport, name, () => shown && phone.matches && place());
      listen(document, "keydown", (event) => {
        if (event.key === "Escape" && shown && document.activeElement === host) close();
      });
      listen(print, "change", () => style(host, { display: print.matches ? "none" : "block" }));
    }
    undo.push(() => host.remove());
    if (early) open();
  }

  function destroy() {
    if (gone) return;
    gone = true;
    clearTimeout(patience);
    hold(false);
    for (const act of undo.reverse()) act();
    for (const acts of listeners.values()) acts.clear();
    if (window.Hugang === api) delete window.Hugang;
  }

  const api = Object.freeze({
    open,
    close,
    destroy,
    ask: (text) => {
      open();
      send({ do: "ask", text: String(text) });
    },
    on: (name, act) => {
      if (!listeners.has(name)) throw new Error("Hugang: no event " + name);
      listeners.get(name).add(act);
      if (ready && name === "ready") act({ tenant: wish.tenant });
      return () => listeners.get(name).delete(act);
    },
  });

  if (window.Hugang && window.Hugang.destroy) window.Hugang.destroy(); // one chat a page: the latest
  window.Hugang = api;
  listen(window, "message", hear);
  if (!wish.tenant) fail("no-tenant", "the script tag has no data-tenant");
  else if (document.body && document.readyState !== "loading") build();
  else listen(document, "DOMContentLoaded", build);
})();
