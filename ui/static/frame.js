// What every page of the server's has in common: the choice of theme and of language is kept.
(() => {
  const keep = (name, value) => {
    try {
      window.localStorage.setItem("hugang." + name, value);
    } catch {
      // not remembered, nothing lost
    }
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-do=theme]")) {
      const dark = !document.documentElement.classList.contains("dark");
      document.documentElement.classList.toggle("dark", dark);
      document.documentElement.style.colorScheme = dark ? "dark" : "light";
      keep("theme", dark ? "dark" : "light");
    }
    const tongue = event.target.closest("[data-lang]");
    if (tongue) keep("lang", tongue.dataset.lang);
  });
})();
