// Only for the look inside Airflow's own frame: its theme, no second header, links to Airflow's pages.
// Without it, or outside of that frame, everything works as well.
"use strict";

if (window.parent !== window) {
  document.documentElement.classList.add("framed");
  try {
    followTheme(window.parent.document.documentElement);
    openInAirflow(window.parent);
  } catch {
    // The frame is somebody else's: neither its theme nor its addresses are ours to know.
  }
}

function followTheme(outer) {
  const follow = () => {
    const theme = ["dark", "light"].find((name) => outer.classList.contains(name));
    if (theme) document.documentElement.dataset.theme = theme;
  };
  follow();
  new MutationObserver(follow).observe(outer, { attributeFilter: ["class"] });
}

// The frame may not lead its parent elsewhere, so Airflow's router is told as if somebody had gone back or forth.
function openInAirflow(outer) {
  for (const link of document.querySelectorAll("a[data-airflow]")) {
    link.hidden = false;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      outer.history.pushState(null, "", link.href);
      outer.dispatchEvent(new outer.PopStateEvent("popstate", { state: null }));
    });
  }
}
