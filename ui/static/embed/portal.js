// --- the portal that frames this page, and the token that its script hands over
//
// Each side names the other's exact origin, and hears nothing from anywhere else.

const TOKEN_MS = 20000;
let portal = null; // origin of the page around, once its script has spoken
let token = null;
let asking = null; // the request for a token that is under way: { id, promise, settle }
let questionAsked = null; // from the portal, until the answer before is complete
keyless = true; // until a token says that it names nobody

function post(message) {
  if (portal) window.parent.postMessage({ hugang: 1, ...message }, portal);
}

function emit(name, detail) {
  post({ do: "event", name, detail });
}

function mayFrame(origin) {
  return origin === window.location.origin || props.origins.includes(origin);
}

const HEARD = {
  hello: (said) => {
    element.classList.toggle("hg-inline", said.mode === "inline");
    if (said.question) prefill(said.question);
    post({ do: "ready", title: props.title, labels: props.labels, accent: props.accent });
  },
  opened: () => {
    restore();
    if (!element.classList.contains("hg-inline")) box.focus({ preventScroll: true });
  },
  ask: (said) => {
    if (running) questionAsked = said.text;
    else ask(said.text);
  },
  focus: (said) => {
    const stops = stopsOf(element);
    (said.at === "first" ? stops[0] : stops[stops.length - 1]).focus();
  },
  token: (said) => {
    if (asking && asking.id === said.id) asking.settle(said);
  },
};

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !mayFrame(event.origin)) return;
  if (portal && event.origin !== portal) return;
  const said = event.data;
  if (!said || said.hugang !== 1 || !Object.hasOwn(HEARD, said.do)) return;
  portal = event.origin;
  HEARD[said.do](said);
});

function prefill(question) {
  box.value = String(question).slice(0, box.maxLength);
  grow();
}

function stopsOf(root) {
  const all = root.querySelectorAll("button:not(:disabled), a[href], input, textarea, summary");
  return Array.from(all).filter((one) => one.getClientRects().length > 0);
}

// --- calls with the token

class NoSession extends Error {
  constructor(fault) {
    super(fault.code);
    this.fault = fault;
  }
}

function tokenNow(renew) {
  if (token && !renew) return token;
  if (!asking) {
    const id = randomName(8);
    let timer = 0;
    const promise = new Promise((resolve, reject) => {
      const settle = (said) => {
        window.clearTimeout(timer);
        asking = null;
        if (said.token) resolve(take(said.token));
        else reject(new NoSession(said.fault || { code: "no-session" }));
      };
      timer = window.setTimeout(() => settle({}), TOKEN_MS);
      asking = { id, settle };
    });
    asking.promise = promise;
    post({ do: "token", id, renew: Boolean(renew) });
  }
  return asking.promise;
}

// A token that names its visitor takes the place of a key of the browser's.
function take(given) {
  token = given;
  try {
    const told = given.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    keyless = Boolean(JSON.parse(window.atob(told)).sub);
  } catch {
    keyless = false; // the server will say what it thinks of it
  }
  return token;
}

// A token that has ended is renewed once. Only the token tells whether a key is needed as well.
async function call(path, options) {
  for (const renew of [false, true]) {
    const headers = { ...options.headers, Authorization: "Bearer " + (await tokenNow(renew)) };
    if (ownerKey()) headers["X-Hugang-Owner"] = ownerKey();
    const answer = await window.fetch("../" + path, { ...options, headers, credentials: "omit" });
    if (answer.status !== 401 || renew) return answer;
  }
}
