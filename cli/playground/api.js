// Calls of this machine's server. Each is a POST with a JSON object and the token of this start.

const token = document.querySelector('meta[name="gensr-token"]').content;

/** Listeners that hear of every answer: `(name, answer, milliseconds from request to parsed answer)`. */
const listeners = [];

export const onAnswer = (listener) => listeners.push(listener);

/** The answer of `/api/name`; throws an `Error` with the server's reason, or an `AbortError`. */
export async function call(name, body = {}, signal = undefined) {
  const began = performance.now();
  const response = await fetch(`/api/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Gensr-Token': token },
    body: JSON.stringify(body),
    signal,
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  const took = performance.now() - began;
  listeners.forEach((listener) => listener(name, answer, took));
  return answer;
}

/** Calls where a new one takes the place of the one before it; what was overtaken answers `null`. */
export function latest(name) {
  let running = null;
  return async (body) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      const answer = await call(name, body, mine.signal);
      return running === mine ? answer : null;
    } catch (error) {
      // 409: the engine stopped it for a later one.
      if (error.name === 'AbortError' || error.status === 409) return null;
      throw error;
    }
  };
}
