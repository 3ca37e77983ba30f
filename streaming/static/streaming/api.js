// The HTTP API, as JSON.

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** GET an address with query parameters; rejects with an `ApiError` that can be shown. */
export async function get(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(parameters).toString();
  const response = await fetch(query ? `${path}?${query}` : path, {
    headers: { accept: "application/json" },
    ...options,
  });
  if (response.ok) return response.json();
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body.detail ?? response.statusText);
}
