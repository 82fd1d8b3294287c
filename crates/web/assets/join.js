// Lets a browser prove, by a second of work, that a form is filled in by somebody and not by a program.
// Without it the form is sent all the same, and a second page asks for a button to be pressed.
(() => {
  const K = [], H0 = [];
  const fraction = x => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (H0.length < 8) H0.push(fraction(Math.sqrt(n)));
    K.push(fraction(Math.cbrt(n)));
  }
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const w = new Int32Array(64);
  // The first word of the SHA-256 of ASCII text.
  function firstWord(text) {
    const length = text.length, blocks = (length + 9 + 63) >> 6;
    const words = new Int32Array(blocks * 16);
    for (let i = 0; i < length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
    words[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
    words[blocks * 16 - 1] = length * 8;
    let [a, b, c, d, e, f, g, h] = H0, s = H0.slice();
    for (let block = 0; block < blocks; block++) {
      [a, b, c, d, e, f, g, h] = s;
      for (let i = 0; i < 64; i++) {
        if (i < 16) w[i] = words[block * 16 + i];
        else {
          const x = w[i - 15], y = w[i - 2];
          w[i] = w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3))
            + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
        }
        const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      s = [s[0] + a | 0, s[1] + b | 0, s[2] + c | 0, s[3] + d | 0, s[4] + e | 0, s[5] + f | 0, s[6] + g | 0, s[7] + h | 0];
    }
    return s[0];
  }
  // In parts, so that the page stays alive.
  function find(stamp, bits) {
    return new Promise(found => {
      let number = 0;
      const step = () => {
        for (const end = number + 4000; number < end; number++) {
          if (Math.clz32(firstWord(`${stamp}:${number}`)) >= bits) return found(String(number));
        }
        setTimeout(step, 0);
      };
      step();
    });
  }
  const set = (form, name, value) => {
    let field = form.querySelector(`input[name="${name}"]`);
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  };
  async function prove(form) {
    const began = Date.now();
    let stamp = form.querySelector('input[name="stamp"]')?.value, bits = Number(form.dataset.join) || 16;
    if (!stamp) {
      const answer = await fetch(form.action.split("?")[0] + "/stamp", { credentials: "omit" });
      ({ stamp, bits } = await answer.json());
    }
    const proof = await find(stamp, bits);
    // A stamp is good from its third second on.
    await new Promise(go => setTimeout(go, Math.max(0, 3000 - (Date.now() - began))));
    return { stamp, proof };
  }
  for (const form of document.querySelectorAll("form[data-join]")) {
    let work;
    const begin = () => { work ??= prove(form).catch(() => null); };
    form.addEventListener("focusin", begin, { once: true });
    form.addEventListener("submit", async event => {
      event.preventDefault();
      begin();
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      const done = await work;
      if (done) { set(form, "stamp", done.stamp); set(form, "proof", done.proof); }
      form.submit();
    });
    addEventListener("pageshow", () => {
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    });
  }
})();
