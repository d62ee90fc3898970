// The page of the local door. No framework, no storage of secrets that can be read back: the key of this phone is made
// here, is not extractable, and signs a nonce of the device whenever a new token is needed.

const get = (id) => document.getElementById(id);
const show = (id, yes) => { get(id).hidden = !yes; };
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const words = (s) => new TextEncoder().encode(s);
const make = (tag, content, kind) => {
  const element = document.createElement(tag);
  if (content !== undefined) element.textContent = content;
  if (kind) element.className = kind;
  return element;
};

class Refused extends Error {
  constructor(status, error) { super(error.text); this.status = status; this.kind = error.name; }
}

// ── what this phone remembers: its key, the device's fingerprint, its id there
const store = () => new Promise((done, failed) => {
  const ask = indexedDB.open("holdfast", 1);
  ask.onupgradeneeded = () => ask.result.createObjectStore("pairing");
  ask.onsuccess = () => done(ask.result);
  ask.onerror = () => failed(ask.error);
});
const kept = async (mode, work) => {
  const base = await store();
  return new Promise((done, failed) => {
    const ask = work(base.transaction("pairing", mode).objectStore("pairing"));
    ask.onsuccess = () => done(ask.result);
    ask.onerror = () => failed(ask.error);
  });
};
const recall = () => kept("readonly", (s) => s.get("one"));
const remember = (pairing) => kept("readwrite", (s) => s.put(pairing, "one"));
const forget = () => kept("readwrite", (s) => s.delete("one"));

let pairing, token;

const call = async (method, path, body, bearer) => {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  const json = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, json.error);
  return json;
};

const signIn = async () => {
  const { nonce, fingerprint } = await call("POST", "/local/v1/nonce", {});
  if (fingerprint !== pairing.fingerprint) throw new Refused(0, { name: "another-device", text: "This is not the device that this phone was paired with. Forget it here to pair again." });
  const message = join(words("holdfast-local-token-1\0"), pairing.fingerprintBytes, bytes(nonce));
  const signature = text(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pairing.key, message));
  token = (await call("POST", "/local/v1/token", { controller: pairing.controller, nonce, signature })).token;
};

const ask = async (method, path, body) => {
  if (!token) await signIn();
  try {
    return await call(method, path, body, token);
  } catch (why) {
    if (why.status !== 401) throw why;
    await signIn();
    return call(method, path, body, token);
  }
};

// ── first link
const hex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
// Thumbprint of a key (RFC 9679), made here: whoever is between could have put another key in its place.
const thumbprint = (x, y) => sha256(join([0xa4, 1, 2, 0x20, 1, 0x21, 0x58, 0x20], bytes(x), [0x22, 0x58, 0x20], bytes(y)));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const pair = async () => {
  get("pair").disabled = true;
  problem();
  try {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const permissions = ["read"];
    if (get("may-control").checked) permissions.push("control");
    if (get("may-manage").checked) permissions.push("manage");
    const link = { name: get("name").value, key: { kty, crv, x, y }, commitment: text(await sha256(nonce)), permissions };
    const begun = await call("POST", "/local/v1/pairing", link);
    const opened = await call("POST", `/local/v1/pairing/${begun.pairing}`, { nonce: text(nonce) });
    const digest = await sha256(join(words("holdfast-local-code-1\0"), hex(opened.fingerprint), await thumbprint(x, y), bytes(begun.pairing), nonce));
    get("code").textContent = String(new DataView(digest.buffer).getUint32(0) % 1000000).padStart(6, "0");
    show("first", false);
    show("confirm", true);
    for (let left = begun.expires_s; left > 0; left -= 1) {
      get("left").textContent = left;
      const { state, controller } = await call("GET", `/local/v1/pairing/${begun.pairing}`);
      if (state === "confirmed") {
        pairing = { key: keys.privateKey, controller, fingerprint: opened.fingerprint, fingerprintBytes: hex(opened.fingerprint) };
        await remember(pairing);
        show("confirm", false);
        return begin();
      }
      if (state === "denied") break;
      await wait(1000);
    }
    problem("It was not confirmed at the device. Nothing was paired.");
  } catch (why) {
    problem(why.message);
  }
  show("confirm", false);
  show("first", true);
  get("pair").disabled = false;
};

// ── what the device is and does
const problem = (words) => { get("problem").textContent = words ?? ""; show("problem", Boolean(words)); };
const link = (words, kind) => { get("link").textContent = words; get("link").className = `chip ${kind}`; };
const shown = (value, control) => {
  if (value === undefined || value === null) return "–";
  if (value === true) return "on";
  if (value === false) return "off";
  return control?.unit ? `${value} ${control.unit}` : String(value);
};

let busy = 0;
const change = async (name, value, card) => {
  busy += 1;
  card.classList.add("waiting");
  try {
    problem();
    await ask("PATCH", "/local/v1/state", { desired: { [name]: value } });
  } catch (why) {
    problem(why.message);
  }
  card.classList.remove("waiting");
  busy -= 1;
  await look();
};

const field = (name, control, value, mayControl) => {
  const card = make("div", undefined, "card");
  const head = make("div", undefined, "head");
  const label = make("label", control.title || name);
  head.append(label);
  card.append(head);
  const fit = (input) => { input.id = `control-${name}`; label.htmlFor = input.id; input.disabled = !mayControl || control.read_only; return input; };
  if (control.type === "boolean") {
    const input = fit(make("input", undefined, "switch"));
    input.type = "checkbox";
    input.checked = value === true;
    input.addEventListener("change", () => change(name, input.checked, card));
    head.append(input);
  } else if (control.one_of?.length) {
    const input = fit(make("select"));
    for (const one of control.one_of) input.append(new Option(one, one, false, one === value));
    input.addEventListener("change", () => change(name, input.value, card));
    card.append(input);
  } else if (control.type === "text") {
    const input = fit(make("input"));
    input.value = value ?? "";
    input.maxLength = 256;
    input.addEventListener("change", () => change(name, input.value, card));
    card.append(input);
  } else {
    const output = make("span", shown(value, control), "value");
    head.append(output);
    const row = make("div", undefined, "step");
    const input = fit(make("input"));
    const step = control.step ?? (control.type === "integer" ? 1 : 0.1);
    const places = String(step).split(".")[1]?.length ?? 0;
    input.type = "range";
    Object.assign(input, { min: control.minimum ?? 0, max: control.maximum ?? 100, step, value: value ?? 0 });
    const set = () => { output.textContent = shown(Number(input.value), control); };
    input.addEventListener("input", set);
    input.addEventListener("change", () => change(name, Number(Number(input.value).toFixed(places)), card));
    const button = (sign, words, way) => {
      const by = make("button", sign);
      by.setAttribute("aria-label", `${control.title || name}: ${words}`);
      by.disabled = input.disabled;
      by.addEventListener("click", () => { way(); set(); input.dispatchEvent(new Event("change")); });
      return by;
    };
    row.append(button("−", "less", () => input.stepDown()), input, button("+", "more", () => input.stepUp()));
    card.append(row);
  }
  return card;
};

let drawn = "";
const draw = (state, status) => {
  const controls = Object.entries(state.controls.properties ?? {});
  const next = JSON.stringify([state.controls, state.reported, state.desired, status.permissions]);
  if (next === drawn || busy || document.activeElement?.matches("#controls input[type=range], #controls select:focus, #controls input:not([type])")) return;
  drawn = next;
  const may = status.permissions.includes("control");
  const focus = document.activeElement?.id;
  const cards = controls.map(([name, control]) => {
    const wished = state.desired[name];
    const card = field(name, control, wished ?? state.reported[name], may);
    if (wished !== undefined) card.append(make("p", `The device still says ${shown(state.reported[name], control)}.`, "note"));
    if (state.ask.includes(name)) card.append(make("p", "Off since the power came back, until somebody decides.", "note"));
    return card;
  });
  get("controls").replaceChildren(...(cards.length ? cards : [get("empty").content.cloneNode(true)]));
  if (focus) get(focus)?.focus();
  show("controls", true);
  const actions = Object.entries(state.controls.actions ?? {}).map(([name, action]) => {
    const button = make("button", action.title || name);
    button.disabled = !may;
    button.addEventListener("click", () => run(name, action, button));
    return button;
  });
  get("action-list").replaceChildren(...actions);
  show("actions", actions.length > 0);
  const rest = Object.entries(state.reported).filter(([name]) => !state.controls.properties?.[name]);
  list("reading-list", rest.map(([name, value]) => [name, shown(value)]));
  show("readings", rest.length > 0);
};

const list = (id, rows) => get(id).replaceChildren(...rows.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));

const run = async (name, action, button) => {
  if (action.confirm && !confirm(`${action.title || name}?`)) return;
  button.disabled = true;
  problem();
  try {
    await ask("POST", `/local/v1/actions/${name}`, {});
    link(`${action.title || name}: done`, "good");
  } catch (why) {
    problem(why.message);
  }
  button.disabled = false;
};

const phones = async () => {
  const { controllers } = await ask("GET", "/local/v1/controllers");
  get("phone-list").replaceChildren(...controllers.map((one) => {
    const row = make("li", one.name);
    const mine = one.controller === pairing.controller;
    const button = make("button", mine ? "This phone" : "Remove");
    button.disabled = mine;
    button.addEventListener("click", async () => {
      if (!confirm(`Remove ${one.name}?`)) return;
      try { await ask("DELETE", `/local/v1/controllers/${one.controller}`); } catch (why) { problem(why.message); }
      phones();
    });
    row.append(button);
    return row;
  }));
  show("phones", true);
};

const look = async () => {
  try {
    const [state, status, happened] = [await ask("GET", "/local/v1/state"), await ask("GET", "/local/v1/status"), await ask("GET", "/local/v1/events")];
    get("title").textContent = status.title || status.device;
    document.title = status.title || status.device;
    link(status.online ? "Here and online" : "Here, without internet", "good");
    draw(state, status);
    list("about-list", [["Device", status.device], ["Version", status.version ?? "–"], ["Runs since", `${Math.floor(status.uptime_s / 60)} min`], ["Waiting for the internet", `${status.queued} messages`]]);
    show("about", true);
    get("event-list").replaceChildren(...happened.events.slice(-8).reverse().map((event) => {
      const words = event.kind.replaceAll("-", " ");
      const row = make("li", event.text ? `${words}: ${event.text}` : words);
      row.append(make("time", new Date(event.at_us / 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
      return row;
    }));
    show("history", happened.events.length > 0);
    return status;
  } catch (why) {
    if (why instanceof Refused) {
      problem(why.kind === "sign-in-refused" ? "The device does not know this phone any more. Forget it here to pair again." : why.message);
      show("about", true);
    }
    link(why instanceof Refused ? "Refused" : "Not reached", "bad");
    return undefined;
  }
};

const begin = async () => {
  const status = await look();
  if (status?.permissions.includes("manage")) phones().catch(() => {});
  for (;;) {
    await wait(2000);
    if (!document.hidden) await look();
  }
};

get("pair").addEventListener("click", pair);
get("forget").addEventListener("click", async () => {
  if (!confirm("Forget the device on this phone?")) return;
  await forget();
  location.reload();
});
pairing = await recall().catch(() => undefined);
if (pairing) begin();
else {
  link("Not paired", "");
  show("first", true);
}
