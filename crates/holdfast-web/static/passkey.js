// Passkeys: carries a ceremony from the server to the browser's authenticator and back. Forms say what they are for:
// data-passkey="sign-in | sign-up | confirm | add | recover", data-then where to go on. Without this script the page offers
// the other ways in, and says so.
"use strict";
(() => {
  const fromText = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  };
  const toText = (buffer) => {
    let plain = "";
    for (const byte of new Uint8Array(buffer)) plain += String.fromCharCode(byte);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const ids = (list) => (list || []).map((one) => ({ ...one, id: fromText(one.id) }));

  const ask = async (path, body) => {
    const reply = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
    const text = await reply.text();
    const answer = text ? JSON.parse(text) : {};
    if (!reply.ok) throw Object.assign(new Error(answer.detail || reply.statusText), { ours: true, type: answer.type });
    return answer;
  };

  const create = async (options) => {
    const key = { ...options.publicKey };
    key.challenge = fromText(key.challenge);
    key.user = { ...key.user, id: fromText(key.user.id) };
    key.excludeCredentials = ids(key.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: key });
    return {
      id: made.id,
      rawId: toText(made.rawId),
      type: made.type,
      extensions: made.getClientExtensionResults(),
      response: {
        attestationObject: toText(made.response.attestationObject),
        clientDataJSON: toText(made.response.clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
    };
  };

  const get = async (options, more) => {
    const key = { ...options.publicKey };
    key.challenge = fromText(key.challenge);
    key.allowCredentials = ids(key.allowCredentials);
    const shown = await navigator.credentials.get({ publicKey: key, ...more });
    return {
      id: shown.id,
      rawId: toText(shown.rawId),
      type: shown.type,
      extensions: shown.getClientExtensionResults(),
      response: {
        authenticatorData: toText(shown.response.authenticatorData),
        clientDataJSON: toText(shown.response.clientDataJSON),
        signature: toText(shown.response.signature),
        userHandle: shown.response.userHandle ? toText(shown.response.userHandle) : null,
      },
    };
  };

  const say = (form, text, kind) => {
    const place = form.querySelector("[data-passkey-says]");
    if (!place) return;
    place.textContent = text;
    place.className = text ? kind : "";
    place.hidden = !text;
  };

  // A form's ceremony, from the first question to the next page.
  const run = async (form, more) => {
    const kind = form.dataset.passkey;
    const path = `/api/v1/passkeys/${kind}/`;
    const typed = Object.fromEntries(new FormData(form).entries());
    const question = {};
    for (const name of ["name", "code"]) if (name in typed) question[name] = typed[name];
    if (form.dataset.ticket) question.ticket = form.dataset.ticket;
    const begun = await ask(path + "begin", question);
    const makes = kind === "add" || kind === "sign-up" || kind === "recover";
    const credential = makes ? await create(begun.options) : await get(begun.options, more);
    const finish = { ceremony: begun.ceremony, credential };
    if (makes) finish.label = typed.label || form.dataset.label || "Passkey";
    const answer = await ask(path + "finish", finish);
    go(form.dataset.then || answer.then || "/");
  };

  // Goes on to a page. One that differs from this one by its fragment alone would not be loaded by itself.
  const go = (where) => {
    const to = new URL(where, location.href);
    if (to.hash && to.pathname === location.pathname && to.search === location.search) {
      history.replaceState(null, "", to);
      location.reload();
    } else {
      location.assign(to);
    }
  };

  const usable = Boolean(window.PublicKeyCredential && navigator.credentials && window.isSecureContext);
  let waiting = null;

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!usable) {
      say(form, form.dataset.unusable || "", "error");
      continue;
    }
    for (const part of form.querySelectorAll("[data-passkey-only]")) part.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (waiting) waiting.abort();
      waiting = null;
      const button = form.querySelector("button");
      button.disabled = true;
      say(form, form.dataset.busy || "", "muted");
      try {
        await run(form, {});
      } catch (why) {
        say(form, why.ours ? why.message : form.dataset.failed || String(why.message), "error");
      } finally {
        button.disabled = false;
      }
    });
  }

  // A passkey among the suggestions of the sign-in name, where the browser can.
  const quiet = document.querySelector("form[data-passkey='sign-in'][data-suggest]");
  if (usable && quiet && PublicKeyCredential.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable().then((can) => {
      if (!can || waiting) return;
      waiting = new AbortController();
      run(quiet, { mediation: "conditional", signal: waiting.signal }).catch((why) => {
        if (why.ours) say(quiet, why.message, "error");
      });
    });
  }
})();
