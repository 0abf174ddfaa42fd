// What the dispatcher and the performer share: the SDK's token, and calls that the SDK does not have.
import { UiPath } from '@uipath/uipath-typescript/core';

const { BASE, ORGANIZATION = 'default', TENANT = 'Default', TOKEN, FOLDER = 'Shared' } = process.env;

export const sdk = new UiPath({ baseUrl: BASE, orgName: ORGANIZATION, tenantName: TENANT, secret: TOKEN });

/** A call of the Orchestrator API; null for an answer without content. */
export async function call(method, path, body, headers = {}) {
  const response = await fetch(`${BASE}/${ORGANIZATION}/${TENANT}/orchestrator_${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${sdk.getToken()}`,
      'Content-Type': 'application/json',
      'X-UIPATH-FolderPath': FOLDER,
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) {
    throw Object.assign(new Error(`${method} ${path}: ${response.status} ${text}`), { status: response.status });
  }
  return text ? JSON.parse(text) : null;
}

/** Repeats what got no answer. Only for calls that may be repeated. */
export async function insist(send) {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (error.status && ![502, 503, 504].includes(error.status)) throw error;
      console.log(`no answer (${error.message}), again`);
      await pause(200);
    }
  }
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
