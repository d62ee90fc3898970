// A mail server made by others (aiosmtpd) that takes what the house sends. Owns its process and what came.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';

import { until } from './house.mjs';

const SCRIPT = new URL('../../crates/holdfast-server/testdata/outside/smtp.py', import.meta.url).pathname;

/** Starts it; it ends with the test `t`. */
export async function openMail(t) {
  const python = process.env.HOLDFAST_PYTHON;
  if (!python) throw new Error('HOLDFAST_PYTHON is not set: run the tests with `cargo xtask test browser`');
  // On this machine the way to it needs no TLS; that it is protected elsewhere is a matter of the server's own tests.
  const child = spawn(python, [SCRIPT, 'bare', '.', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(() => { child.kill('SIGKILL'); return ended; });
  const [mails, said] = [[], {}];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const one = JSON.parse(line);
    if (one.port) said.port = one.port;
    else mails.push(one);
  });
  await until('the mail server', () => said.port);
  return {
    mails,
    /** What the house's configuration says of it. */
    config: `[mail]\nhost = "localhost"\nport = ${said.port}\ntls = "none"\nfrom = "fleet@hearth.example"\n`,
    /** Waits for a mail to an address whose subject fits, and takes it from the heap. */
    async next(to, subject) {
      const fits = (mail) => mail.to.includes(to) && subject.test(mail.subject);
      await until(`a mail ${subject} to ${to}; there are ${mails.map((mail) => mail.subject).join(', ')}`, () => mails.some(fits));
      return mails.splice(mails.findIndex(fits), 1)[0];
    },
  };
}
