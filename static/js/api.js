// Talking to the server: JSON both ways, errors as they are meant to be read, sign-in again without losing the page.
import { t } from "./text.js";

export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [fields] @param {number} [retryAfter] seconds */
  constructor(status, code, message, fields = {}, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }

  /** The server was not reached, or could not answer now: trying later makes sense. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Asked when the session has ended; resolves to true after a new sign-in. @type {() => Promise<boolean>} */
let signInAgain = async () => false;

/** @param {() => Promise<boolean>} ask */
export function onSignedOut(ask) {
  signInAgain = ask;
}

export function askToSignIn() {
  return signInAgain();
}

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** A page kept offline, or a new session, needs a fresh token: any page of ours carries one. @param {string} [path] */
export async function renewToken(path = "/") {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
  if (!fresh) return false;
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", fresh);
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh }));
  for (const field of document.querySelectorAll('input[name="csrf_token"]'))
    field.setAttribute("value", fresh);
  return true;
}

/** @param {Response} answer */
async function errorOf(answer) {
  let error;
  try {
    error = (await answer.json()).error;
  } catch {
    error = null;
  }
  const text =
    error?.message ??
    t("サーバーがうまく応答できませんでした（{status}）。", { status: answer.status });
  return new ApiError(
    answer.status,
    error?.code ?? "",
    text,
    error?.fields ?? {},
    Number(answer.headers.get("Retry-After") ?? 0),
  );
}

/** @param {ApiError} error */
function isTokenError(error) {
  return error.status === 400 && /csrf/i.test(`${error.code} ${error.message}`);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{headers?: Record<string, string>, quiet?: boolean}} [options] quiet: do not ask to sign in again (work in the background)
 * @returns {Promise<any>}
 */
export async function call(method, path, body, options = {}) {
  let renewed = false;
  for (;;) {
    const error = await attempt(method, path, body, options);
    if (!(error instanceof ApiError)) return error.value;
    if (isTokenError(error) && !renewed) {
      renewed = true;
      if (await renewToken().catch(() => false)) continue;
    }
    if (error.status === 401 && !options.quiet && (await signInAgain())) continue;
    throw error;
  }
}

/** @param {string} method @param {string} path @param {unknown} body @param {{headers?: Record<string, string>}} options */
async function attempt(method, path, body, options) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: method === "GET" ? "no-cache" : "no-store",
    });
    if (!answer.ok) return await errorOf(answer);
    return { value: answer.status === 204 ? null : await answer.json() };
  } catch {
    return new ApiError(0, "offline", t("サーバーにつながりません。"));
  }
}

/** @param {string} path @param {{quiet?: boolean}} [options] */
export const get = (path, options) => call("GET", path, undefined, options);
/** @param {string} path @param {unknown} [body] @param {{headers?: Record<string, string>, quiet?: boolean}} [options] */
export const post = (path, body = {}, options = {}) => call("POST", path, body, options);
/** @param {string} path @param {unknown} body */
export const put = (path, body) => call("PUT", path, body);
/** @param {string} path */
export const del = (path) => call("DELETE", path);
