// Comfort for those who have scripts; every page works without.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const clock = (root) => all("[data-until]", root).forEach((place) => {
    const until = Date.parse(place.dataset.until);
    const tell = () => {
      const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
      const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      place.textContent = parts.map((part) => String(part).padStart(2, "0")).join(":");
      return seconds;
    };
    if (tell()) {
      const timer = setInterval(() => tell() || clearInterval(timer), 1000);
    }
  });

  const steppers = (root) => all("[data-step]", root).forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = button.parentElement.querySelector("input");
      const wanted = Number(field.value || 0) + Number(button.dataset.step);
      field.value = Math.min(Number(field.max), Math.max(Number(field.min), wanted));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  const live = () => all("[data-live]").forEach((place) => {
    const show = async () => {
      try {
        const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
        if (answer.ok && !place.contains(document.activeElement)) {
          place.innerHTML = await answer.text();
          clock(place);
          steppers(place);
        }
      } catch (error) { /* the page as it came goes on */ }
    };
    show();
    const every = Number(place.dataset.every || 0);
    if (every) setInterval(() => document.hidden || show(), every * 1000);
  });

  const share = () => all("[data-share]").forEach((button) => {
    const link = button.dataset.share || location.href;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (navigator.share) {
        try { await navigator.share({ title: document.title, url: link }); } catch (error) { /* not now */ }
      } else if (navigator.clipboard) {
        await navigator.clipboard.writeText(link);
        button.textContent += " ✓";
      } else {
        window.prompt(button.textContent, link);
      }
    });
  });

  const checkout = () => all("form[data-checkout]").forEach((form) => {
    all(".extras input, .extras select", form).forEach((field) =>
      field.addEventListener("change", () => {
        form.action = form.dataset.checkout;
        form.noValidate = true;
        form.submit();
      }));
    form.addEventListener("submit", () => {
      all("button", form).forEach((button) => setTimeout(() => { button.disabled = true; }, 0));
    });
    addEventListener("pageshow", () => all("button", form).forEach((b) => { b.disabled = false; }));
  });

  const visit = () => {
    const place = document.body.dataset.visits;
    const today = new Date().toDateString();
    try {
      if (!place || localStorage.getItem("visit") === today) return;
      localStorage.setItem("visit", today);
      fetch(place, { method: "POST", keepalive: true }).catch(() => {});
    } catch (error) { /* nothing may be kept here: nobody is counted */ }
  };

  clock(document);
  steppers(document);
  live();
  share();
  checkout();
  visit();
})();
