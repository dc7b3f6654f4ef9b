// Where the fields of an operation stand over HTTP.

import { OPERATIONS } from "./operations.js";

/**
 * Turns an operation and its data into `{ method, path, body }`: fields named in the path go there,
 * the rest into the query of a GET or DELETE and into the JSON body of everything else. Fields that
 * are undefined are left out; null stays null in a body and is left out of a query.
 */
export function placeRequest(name, data = {}) {
  const operation = OPERATIONS[name];
  if (!operation?.method) throw new TypeError(`${name} is not an HTTP operation`);
  const rest = new Map(Object.entries(data).filter(([, value]) => value !== undefined));
  const path = operation.path.replace(/{(\w+)}/g, (_, field) => {
    if (!rest.has(field)) throw new TypeError(`${name} needs ${field}`);
    const value = encodeURIComponent(rest.get(field));
    rest.delete(field);
    return value;
  });
  if (operation.method !== "GET" && operation.method !== "DELETE") {
    return { method: operation.method, path, body: JSON.stringify(Object.fromEntries(rest)) };
  }
  const query = new URLSearchParams([...rest].filter(([, value]) => value !== null)).toString();
  return { method: operation.method, path: query ? `${path}?${query}` : path, body: null };
}
