// Runs before the first paint: the theme that was chosen, else the system's.
(() => {
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("hugang.theme");
  } catch {
    // private windows may refuse storage
  }
  const dark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
})();
