/* Live progress: polls, backs off when nothing moves or the page is hidden, and replaces only what has changed. */
(() => {
  "use strict";
  const root = document.querySelector("[data-progress]");
  if (!root) return;
  const address = new URL(root.dataset.progress, location.href);
  const announce = document.getElementById("pg-announce");
  const offline = document.getElementById("pg-offline");
  const parts = new Map();
  let wait = 800;
  let told = 0;
  let timer = 0;

  const replace = (element, html) => {
    const held = element.contains(document.activeElement) ? document.activeElement.id : "";
    element.innerHTML = html;
    if (held) document.getElementById(held)?.focus();
  };

  const draw = (answer) => {
    for (const [name, part] of Object.entries(answer.fragments)) {
      const element = root.querySelector(`[data-live="${name}"]`);
      if (element) replace(element, part.html);
      parts.set(name, part.digest);
    }
    for (const row of answer.rows) {
      const element = root.querySelector(`tr[data-item="${row.id}"]`);
      if (!element) continue;
      replace(element, row.html);
      element.dataset.digest = row.digest;
    }
    // A screen reader hears of it at most every ten seconds, and of the end at once.
    if (announce.textContent !== answer.sentence && (answer.finished || Date.now() - told > 10000)) {
      announce.textContent = answer.sentence;
      told = Date.now();
    }
  };

  const poll = async () => {
    const seen = [...root.querySelectorAll("tr[data-item]")].map((row) => `${row.dataset.item}:${row.dataset.digest}`);
    address.searchParams.set("seen", seen.join(","));
    address.searchParams.set("parts", [...parts].map((pair) => pair.join(":")).join(","));
    try {
      const reply = await fetch(address, { headers: { Accept: "application/json" } });
      if (reply.status === 403 || reply.status === 404 || reply.redirected) { location.reload(); return; }
      if (!reply.ok) throw new Error(reply.status);
      const answer = await reply.json();
      offline.hidden = true;
      draw(answer);
      if (answer.finished) return;
      const moved = answer.rows.length > 0;
      wait = moved ? answer.poll_after * 1000 : Math.min(wait * 1.3, 10000);
    } catch {
      offline.hidden = false;
      wait = Math.min(wait * 2, 30000);
    }
    timer = setTimeout(poll, document.hidden ? Math.max(wait, 15000) : wait);
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { clearTimeout(timer); wait = 800; timer = setTimeout(poll, 100); }
  });
  timer = setTimeout(poll, wait);
})();
