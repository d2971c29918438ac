// Comfort for those who have scripts: the camera as a scanner, and rows that appear when needed.
"use strict";
(() => {
  const scan = document.querySelector("[data-scan]");
  const video = document.querySelector("[data-camera]");
  if (scan && video && "BarcodeDetector" in window && navigator.mediaDevices) {
    scan.hidden = false;
    scan.addEventListener("click", async () => {
      try {
        const detector = new BarcodeDetector({ formats: ["qr_code"] });
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.hidden = false;
        await video.play();
        const look = async () => {
          const [found] = await detector.detect(video);
          if (!found) return requestAnimationFrame(look);
          video.srcObject.getTracks().forEach((track) => track.stop());
          const field = document.querySelector("#code");
          field.value = found.rawValue.trim().split("/").pop();
          field.form.submit();
        };
        look();
      } catch (error) {
        scan.hidden = true;
      }
    });
  }

  document.querySelectorAll("[data-blank]").forEach((row, index, all) => {
    const before = row.previousElementSibling;
    const filled = () => [...before.querySelectorAll("input, select, textarea")].some((field) => field.value);
    row.hidden = !filled();
    before.addEventListener("input", () => { row.hidden = !filled(); });
  });

  const link = document.querySelector(".top nav [aria-current]");
  if (link) link.scrollIntoView({ inline: "center", block: "nearest" });

  document.querySelectorAll("form[method=post]").forEach((form) => form.addEventListener("submit", (event) => {
    const chosen = event.submitter;
    setTimeout(() => form.querySelectorAll("button").forEach((b) => { if (b !== chosen) b.disabled = true; }), 0);
  }));
  addEventListener("pageshow", () => document.querySelectorAll("button").forEach((b) => { b.disabled = false; }));
})();
