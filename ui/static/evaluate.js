// The pages of evaluators: runs that are under way are looked at again, labels are saved at once.
(() => {
  const root = document.querySelector(".ev");
  if (!root) return;
  const EVERY_MS = 1000;

  // Only a browser in which somebody signs in shows the page in the navigation of the others.
  try {
    if (root.dataset.signed === "yes") window.localStorage.setItem("hugang.evaluates", "yes");
    else window.localStorage.removeItem("hugang.evaluates");
  } catch {
    // private windows may refuse storage; the page has its address
  }

  const follow = (id, ended) => {
    const look = async () => {
      const part = document.getElementById(id);
      if (!part || part.dataset.running !== "yes") return;
      try {
        const response = await fetch(part.dataset.part, { headers: { accept: "text/html" } });
        if (response.ok) {
          const made = document.createElement("template");
          made.innerHTML = await response.text();
          const fresh = made.content.getElementById(id);
          // In a template the refresh for pages without script is an element, and would take the
          // page away: for good, if the server is not there at that moment.
          for (const without of fresh.querySelectorAll("noscript")) without.remove();
          const picked = [...part.querySelectorAll("input:checked")].map((box) => box.value);
          for (const box of fresh.querySelectorAll("input[type=checkbox]")) {
            box.checked = picked.includes(box.value);
          }
          const within = part.contains(document.activeElement);
          if (!within || fresh.dataset.running !== "yes") part.replaceWith(fresh);
          if (fresh.dataset.running !== "yes") ended();
        }
      } catch {
        // the server may be starting again: look later
      }
      window.setTimeout(look, EVERY_MS);
    };
    window.setTimeout(look, EVERY_MS);
  };
  follow("ev-runs", () => {});
  follow("ev-state", () => {
    // Without what was told before it began.
    const address = new URL(window.location.href);
    address.searchParams.delete("done");
    window.location.replace(address);
  });
  document.querySelector(".hg-nav [aria-current]")?.scrollIntoView({ block: "nearest" });

  const form = document.querySelector(".ev-verdict");
  if (!form) return;
  const saved = document.getElementById("ev-saved");
  const count = document.getElementById("ev-count");
  const bar = document.querySelector(".ev-side progress");
  const chosen = (name) => form.querySelector(`input[name=${name}]:checked`);

  const reconcile = () => {
    const declines = chosen("correctness")?.value === "abstained";
    const group = form.querySelector(".ev-of-groundedness");
    group.classList.toggle("ev-off", declines);
    for (const input of group.querySelectorAll("input")) {
      input.disabled = declines;
      if (declines) input.checked = false;
    }
  };

  // One after the other, and of several that wait only the last: what is kept is what is shown.
  let running = Promise.resolve();
  let wanted = 0;
  const save = () => {
    if (!chosen("correctness")) return running;
    const mine = ++wanted;
    saved.textContent = form.dataset.saving;
    saved.className = "";
    running = running.then(async () => {
      if (mine !== wanted) return;
      try {
        const response = await fetch(form.action, {
          method: "POST",
          headers: { "x-hugang-script": "yes" },
          body: new URLSearchParams(new FormData(form)),
        });
        const told = await response.json();
        if (!response.ok) throw new Error(told.fault || "");
        if (mine !== wanted) return;
        saved.textContent = told.whole ? form.dataset.saved : form.dataset.part;
        saved.className = told.whole ? "ev-ok" : "ev-part";
        count.textContent = count.textContent.replace(/\d+/, told.done);
        if (bar) bar.value = told.done;
        const step = document.querySelector(".ev-steps [aria-current]");
        if (step) step.classList.toggle("ev-done", told.whole);
      } catch (error) {
        saved.textContent = [form.dataset.failed, error.message].filter(Boolean).join(" · ");
        saved.className = "ev-bad";
      }
    });
    return running;
  };

  const go = async (way) => {
    await save();
    if (saved.classList.contains("ev-bad")) return;
    if (way === "next") {
      const next = form.querySelector("[data-go=next]");
      const at = Number(new URL(form.action).pathname.split("/").pop());
      const steps = document.querySelectorAll(".ev-steps a");
      if (at < steps.length) window.location.assign(steps[at].href);
      else next.form.submit();
    } else {
      const back = form.querySelector("[data-go=back]");
      if (back.href) window.location.assign(back.href);
    }
  };

  let typing = 0;
  form.addEventListener("change", () => {
    reconcile();
    save();
  });
  form.note.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(save, 600);
  });
  form.addEventListener("submit", (event) => {
    if (!chosen("correctness")) return;
    event.preventDefault();
    go("next");
  });
  form.querySelector("[data-go=back]").addEventListener("click", (event) => {
    event.preventDefault();
    go("back");
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target === form.note) {
      if (event.key === "Escape") form.note.blur();
      return;
    }
    const choice = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    if (choice && !choice.disabled) {
      choice.checked = true;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (event.key === "n" || event.key === "N") {
      form.note.focus();
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      // Within a group of choices the arrows move the choice, as everywhere.
      if (event.target.type === "radio") event.target.blur();
      go(event.key === "ArrowRight" ? "next" : "back");
    } else {
      return;
    }
    event.preventDefault();
  });
  reconcile();
})();
