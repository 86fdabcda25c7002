// Requests to the server; its refusals are sentences to show as they are.

import { postToken } from "./page_data.js";

const SILENT = "The program does not answer; is 'lusscore serve' still running?";

export class Refusal extends Error {
  constructor(sentence, status = 0) {
    super(sentence);
    this.name = "Refusal";
    this.status = status;
  }
}

/** Send JSON and return the JSON of the answer, or null where it is empty. */
export async function ask(method, path, content) {
  const answer = await send(method, path, content);
  return answer.status === 204 ? null : answer.json();
}

/** Return the bytes at an address. */
export async function askBytes(path) {
  return (await send("GET", path)).arrayBuffer();
}

/** Send something that must go out although the page is being closed. */
export function tellInPassing(path) {
  fetch(path, { method: "POST", headers: headers(), body: "{}", keepalive: true }).catch(() => {});
}

/** Read the sentence of a refusal from its text. */
export function refusalOf(text, status) {
  try {
    const { error } = JSON.parse(text);
    if (error) return new Refusal(error, status);
  } catch {
    // not JSON: something between the page and the server answered
  }
  return new Refusal(`The program refused (${status}); load the page again.`, status);
}

async function send(method, path, content) {
  const request = { method, headers: method === "GET" ? {} : headers() };
  if (content !== undefined) request.body = JSON.stringify(content);
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Refusal(SILENT);
  }
  if (!answer.ok) throw refusalOf(await answer.text(), answer.status);
  return answer;
}

function headers() {
  return { "X-Lusscore-Token": postToken, "Content-Type": "application/json" };
}
