// The list of instruments follows the form without loading anew. Without this script the form is sent.
(() => {
  const form = document.getElementById("rb-form");
  if (!form) return;
  const results = document.getElementById("rb-results");
  const day = document.getElementById("rb-day");
  const month = document.getElementById("rb-month");
  const [firstYear, firstMonth] = month.dataset.first.split("-").map(Number);
  const today = month.dataset.today;
  const WAIT = { typing: 250, sliding: 120, choosing: 0 };
  let timer = null;
  let running = null;

  const pad = (n) => String(n).padStart(2, "0");
  const monthAt = (index) => {
    const n = firstYear * 12 + firstMonth - 1 + index;
    return [Math.floor(n / 12), (n % 12) + 1];
  };
  const lastDay = ([year, of]) => `${year}-${pad(of)}-${pad(new Date(year, of, 0).getDate())}`;

  // The address of what is chosen, without what is empty or goes without saying.
  const chosen = () => {
    const given = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const plain =
        value === "" ||
        (name === "as_of" && value === today) ||
        (name === "sort" && value === "relevance");
      if (!plain) given.append(name, value);
    }
    return given;
  };

  const showDay = () => {
    const [year, of] = (day.value || today).split("-").map(Number);
    month.value = (year - firstYear) * 12 + of - firstMonth;
    month.setAttribute("aria-valuetext", (day.value || today).slice(0, 7));
  };

  // Counts and results come from the same page as a whole load would bring.
  const take = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    results.replaceChildren(...page.getElementById("rb-results").childNodes);
    for (const fresh of page.querySelectorAll(".rb-count[data-of]")) {
      const shown = form.querySelector(`.rb-count[data-of="${fresh.dataset.of}"]`);
      shown.textContent = fresh.textContent;
      shown.closest("label").className = fresh.closest("label").className;
    }
    for (const fresh of page.querySelectorAll("#rb-issuer option")) {
      const shown = form.querySelector(`#rb-issuer option[value="${CSS.escape(fresh.value)}"]`);
      if (shown) shown.textContent = fresh.textContent;
    }
    document.getElementById("rb-chosen").textContent =
      page.getElementById("rb-chosen").textContent;
  };

  const keepAddress = (search) => {
    window.history.replaceState(null, "", `${form.action.split("?")[0]}?${search}`);
    for (const link of document.querySelectorAll("a[data-lang]")) {
      const other = new URLSearchParams(search);
      other.set("lang", link.dataset.lang);
      link.href = `?${other}`;
    }
  };

  // What was found stays readable; the next change tries again.
  const sayFailed = () => {
    const note = document.createElement("p");
    note.className = "rb-notice";
    note.setAttribute("role", "alert");
    note.textContent = form.dataset.failed;
    results.querySelector(":scope > .rb-notice[role=alert]")?.remove();
    results.prepend(note);
  };

  const load = async (search) => {
    if (running) running.abort();
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    const asked = new URLSearchParams(search);
    asked.set("fragment", "1");
    try {
      const response = await fetch(`${form.action.split("?")[0]}?${asked}`, {
        signal: mine.signal,
      });
      if (!response.ok) throw new Error(String(response.status));
      take(await response.text());
      keepAddress(search);
    } catch (error) {
      if (error.name === "AbortError") return;
      sayFailed();
    }
    if (running === mine) results.removeAttribute("aria-busy");
  };

  const soon = (wait) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => load(chosen()), wait);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    soon(WAIT.choosing);
  });
  form.addEventListener("input", (event) => {
    if (event.target === month) {
      const at = monthAt(Number(month.value));
      const isNow = `${at[0]}-${pad(at[1])}` === today.slice(0, 7);
      day.value = isNow ? today : lastDay(at);
      month.setAttribute("aria-valuetext", `${at[0]}-${pad(at[1])}`);
      soon(WAIT.sliding);
    } else if (event.target.id === "rb-q") {
      soon(WAIT.typing);
    }
  });
  form.addEventListener("change", (event) => {
    if (event.target === day) showDay();
    if (event.target !== month && event.target.id !== "rb-q") soon(WAIT.choosing);
  });
  document.getElementById("rb-today").addEventListener("click", () => {
    day.value = today;
    showDay();
    soon(WAIT.choosing);
  });
  results.addEventListener("click", (event) => {
    const turn = event.target.closest(".rb-pager a");
    if (!turn || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const search = new URL(turn.href).searchParams;
    load(search).then(() => results.scrollIntoView({ block: "start" }));
  });
})();
