// Own documents: files are sent as they are chosen, the lists follow the server, pages turn by key.
// Without this script the forms are sent and the page looks again by itself.
(() => {
  const COOKIE = "hugang-owner";
  const KEY = /^[A-Za-z0-9_-]{32,128}$/;
  const POLL_MS = 700;
  const page = document.querySelector(".dc");
  if (!page) return;

  const kept = (store, name) => {
    try {
      return store.getItem(name) || "";
    } catch {
      return ""; // private windows may refuse storage
    }
  };

  // --- who the reader is: the key of the conversations, handed to these pages as a cookie

  const cookie = () => {
    const found = document.cookie.split("; ").find((one) => one.startsWith(COOKIE + "="));
    return found ? found.slice(COOKIE.length + 1) : "";
  };

  const newKey = () => {
    const bytes = window.crypto.getRandomValues(new Uint8Array(32));
    const text = window.btoa(String.fromCharCode(...bytes));
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  };

  const own = kept(window.localStorage, "hugang.owner");
  const key = KEY.test(own) ? own : KEY.test(cookie()) ? cookie() : newKey();
  if (key !== own) {
    try {
      window.localStorage.setItem("hugang.owner", key);
    } catch {
      // the cookie still holds it
    }
  }
  const told = cookie() === key;
  if (!told) {
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${COOKIE}=${key}; Path=/documents; Max-Age=34560000; SameSite=Lax${secure}`;
    // What the page shows was made without it, or for another key.
    if (cookie() === key && own) {
      window.location.reload();
      return;
    }
  }

  // --- the viewer

  const here = document.getElementById("here");
  if (here) here.scrollIntoView({ block: "center" });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, summary, .dc-table")) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = rel && document.querySelector(`.dc-walk a[rel=${rel}]`);
    if (link) window.location.assign(link.href);
  });

  const form = document.getElementById("dc-add");
  if (!form) return;
  const input = document.getElementById("dc-files");
  const drop = document.getElementById("dc-drop");
  const talk = document.getElementById("dc-talk");
  const find = document.getElementById("dc-find");
  const said = document.getElementById("dc-said");
  const uploads = document.getElementById("dc-uploads");
  const root = form.action.split("/documents")[0];
  const lang = document.documentElement.lang;
  form.classList.add("dc-scripted");
  input.required = false;

  // The conversation of this tab, where its reader comes from one.
  const conversation = kept(window.sessionStorage, "hugang.conversation");
  if (/^[A-Za-z0-9_-]{22,64}$/.test(conversation)) {
    talk.value = conversation;
    talk.closest("label").hidden = false;
  }

  // --- sending

  const waiting = [];
  let sending = false;

  const rowOf = (name) => {
    const row = document.getElementById("dc-sending").content.firstElementChild.cloneNode(true);
    row.querySelector(".dc-name").textContent = name;
    let list = uploads.querySelector(".dc-rows");
    list.prepend(row);
    return row;
  };

  const failed = (row, why) => {
    row.classList.replace("dc-running", "dc-failed");
    row.querySelector("progress").remove();
    row.querySelector(".dc-state").textContent = why;
    row.dataset.stays = "yes";
    said.textContent = `${row.querySelector(".dc-name").textContent}: ${why}`;
  };

  const take = (files) => {
    for (const file of files) {
      const row = rowOf(file.name);
      row.dataset.sending = "yes";
      if (file.size > Number(input.dataset.bytes)) failed(row, form.dataset.large);
      else waiting.push({ file, row });
    }
    next();
  };

  const next = () => {
    if (sending || waiting.length === 0) return;
    sending = true;
    const { file, row } = waiting.shift();
    const bar = row.querySelector("progress");
    const body = new FormData();
    body.append("files", file);
    if (talk.checked && talk.value) body.append("conversation", talk.value);
    const request = new XMLHttpRequest();
    request.open("POST", `${root}/api/v1/documents?lang=${lang}`);
    request.setRequestHeader("X-Hugang-Owner", key);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("loadend", () => {
      sending = false;
      if (request.status === 202) {
        row.querySelector(".dc-state").textContent = form.dataset.sent;
        row.dataset.sent = "yes";
        follow();
      } else {
        failed(row, reason(request) || form.dataset.failed);
      }
      next();
    });
    request.send(body);
  };

  const reason = (request) => {
    try {
      const problem = JSON.parse(request.responseText);
      return [problem.title, problem.detail, problem.remedy].filter(Boolean).join(lang === "en" ? " — " : "：");
    } catch {
      return "";
    }
  };

  input.addEventListener("change", () => {
    take(Array.from(input.files));
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const carries = (event) => Array.from(event.dataTransfer.types).includes("Files");
  let depth = 0;
  document.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    depth += 1;
    drop.classList.add("dc-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!carries(event)) return;
    depth = Math.max(0, depth - 1);
    drop.classList.toggle("dc-over", depth > 0);
  });
  document.addEventListener("dragover", (event) => {
    if (carries(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    drop.classList.remove("dc-over");
    take(Array.from(event.dataTransfer.files));
  });

  // --- following: the lists are taken from the page as the server writes it now

  let timer = 0;
  let states = new Map();

  const follow = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, 150);
  };

  const look = async () => {
    let fresh;
    try {
      const answer = await window.fetch(`${root}/documents?lang=${lang}`, { cache: "no-store" });
      if (!answer.ok) throw new Error("refused");
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      timer = window.setTimeout(look, 4 * POLL_MS);
      return;
    }
    const now = fresh.getElementById("dc-uploads");
    takeUploads(now);
    takeList(fresh.getElementById("dc-list"));
    if (now.dataset.running === "yes") timer = window.setTimeout(look, POLL_MS);
  };

  const takeUploads = (now) => {
    const own = Array.from(uploads.querySelectorAll("[data-sending]")).filter((row) => !row.dataset.sent);
    uploads.replaceChildren(...now.childNodes);
    uploads.querySelector(".dc-rows").prepend(...own);
    uploads.dataset.running = now.dataset.running;
    announce();
  };

  // What has ended is said once.
  const announce = () => {
    const after = new Map();
    for (const row of uploads.querySelectorAll(".dc-row[id]")) {
      const state = row.classList.contains("dc-running") ? "" : row.querySelector(".dc-state").textContent;
      after.set(row.id, state);
      if (state && states.get(row.id) === "") {
        said.textContent = `${row.querySelector(".dc-name").textContent}: ${state}`;
      }
    }
    states = after;
  };

  const takeList = (now) => {
    const list = document.getElementById("dc-list");
    // A row in which somebody types or has unfolded a form stays as it is.
    const open = list.querySelector("details[open]");
    if (open || list.contains(document.activeElement) || list.innerHTML === now.innerHTML) return;
    list.replaceChildren(...now.childNodes);
    seek();
  };

  // --- finding

  const seek = () => {
    const field = document.getElementById("dc-find");
    if (!field) return;
    field.hidden = false;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of document.querySelectorAll(".dc-paper")) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
      if (!row.hidden) shown += 1;
    }
    document.getElementById("dc-none").hidden = shown > 0 || !document.querySelector(".dc-paper");
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-correct]");
    const row = link && document.getElementById(link.dataset.correct);
    if (!row) return;
    const form = row.querySelector(".dc-correct");
    form.open = true;
    form.querySelector("input").focus();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "dc-find") seek();
  });
  if (find) seek();
  announce();
  if (uploads.dataset.running === "yes") follow();
})();
