// Comfort for those who have scripts: the camera as a scanner, and rows that appear when needed.
"use strict";
(() => {
  const scan = document.querySelector("[data-scan]");
  if (scan) {
    const [camera, video, photo] = ["[data-camera]", "video", "#photo"].map((one) => scan.querySelector(one));
    scan.querySelector("[data-read]").hidden = true;
    photo.addEventListener("change", () => scan.requestSubmit());
    camera.hidden = !navigator.mediaDevices;
    camera.addEventListener("click", async () => {
      camera.hidden = true;
      try {
        const seen = { facingMode: "environment", width: { ideal: 1280 } };
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: seen });
        video.hidden = false;
        await video.play();
        video.scrollIntoView({ block: "nearest" });
        await read();
      } catch (error) {
        photo.focus();
      } finally {
        video.hidden = true;
        if (video.srcObject) video.srcObject.getTracks().forEach((track) => track.stop());
        camera.hidden = false;
      }
    });

    // A frame is sent when the one before is answered, until one shows a code.
    const read = async () => {
      const canvas = document.createElement("canvas");
      while (video.srcObject.active) {
        const less = Math.min(1, 800 / Math.max(video.videoWidth, video.videoHeight));
        canvas.width = video.videoWidth * less;
        canvas.height = video.videoHeight * less;
        canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
        const form = new FormData();
        form.append("file", await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8)), "frame.jpg");
        const headers = { Accept: "application/json" };
        const answer = await fetch(scan.action, { method: "POST", body: form, headers });
        if (answer.status !== 422) {
          const field = document.querySelector("#code");
          field.value = (await answer.json()).code;
          return field.form.requestSubmit();
        }
        await new Promise((done) => setTimeout(done, 300));
      }
    };
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
