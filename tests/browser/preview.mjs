// The preview of holdfast-web: every page over made-up data. Owns its process, and what it says of roles and pages.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts it: its address, the cookie of each role, and pages to which no link leads; `end` ends it. */
export async function openPreview(words) {
  const child = spawn(process.env.HOLDFAST_PREVIEW_BIN, ['0', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [cookies, pages] = [{}, { anybody: [], owner: [] }];
  let origin;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('http')) origin = new URL(line).origin;
    const [word, whose, value] = line.split(' ');
    if (word === 'cookie') cookies[whose] = value;
    if (word === 'page') pages[whose].push(value);
    if (cookies.owner && origin) break;
  }
  // Ended by whoever comes first; asking again finds it gone.
  const gone = once(child, 'exit');
  return { origin, cookies, pages, end: () => { child.kill('SIGKILL'); return gone; } };
}

/** What a browser of this role sends with each request. */
export function headersOf(preview, role) {
  return role ? { cookie: `__Host-holdfast=${preview.cookies[role]}` } : {};
}
