/** The second net for secrets: callers do not log any, and what slips through all the same is masked here. */

const MASK = "***";

/** `rtsp://user:pass@host`, also where the password holds an unescaped `@` or `/`. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)(?:[^\s"'/]*|[^\s"'/:]+:(?!\d{1,5}\/)[^\s"']*)@/gi;

/** Cameras that take their password in the query: `?user=admin&password=…`. */
const QUERY_SECRET = /([?&](?:user|username|usr|pass|password|passwd|pwd|psw|token|secret|auth|key)=)[^&\s"'#]+/gi;

export function redact(text: string): string {
  return text.replace(USER_INFO, `$1${MASK}@`).replace(QUERY_SECRET, `$1${MASK}`);
}
