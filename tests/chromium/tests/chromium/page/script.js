// What a page of the tests can do. The list is worked off a few requests at a time, as pages do.
"use strict";

async function run(list) {
  const frame = document.querySelector("iframe");
  return frame ? runIn(frame, list) : runHere(list);
}

async function runHere(list) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < list.length) {
      const request = list[next++];
      const send = request.api === "fetch" ? sendByFetch : sendByXmlHttpRequest;
      results.push({ url: request.url, ...(await send(request)) });
    }
  };
  await Promise.all([work(), work(), work(), work(), work(), work()]);
  return { origin: self.origin, results };
}

// A sandboxed frame has an origin that nobody can name, so both sides talk to `*`.
function runIn(frame, list) {
  return new Promise((resolve) => {
    addEventListener("message", (event) => resolve(event.data), { once: true });
    frame.contentWindow.postMessage(list, "*");
  });
}

if (self !== top) {
  addEventListener("message", async ({ data, source }) => {
    source.postMessage(await runHere(data), "*");
  });
}

async function sendByFetch({ url, method, headers, body, credentials }) {
  try {
    const response = await fetch(url, { method, headers, body, credentials });
    return {
      status: response.status,
      type: response.type,
      headers: [...response.headers],
      body: await response.text(),
    };
  } catch (error) {
    return { error: String(error) };
  }
}

function sendByXmlHttpRequest({ url, method, headers, body, credentials, listensToUpload }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const progress = [];
    request.open(method, url);
    request.withCredentials = credentials === "include";
    headers.forEach(([name, value]) => request.setRequestHeader(name, value));
    if (listensToUpload) {
      for (const type of ["loadstart", "progress", "load"]) {
        request.upload.addEventListener(type, () => progress.push(type));
      }
    }
    request.onerror = () => resolve({ error: `status ${request.status}`, progress });
    request.onload = () =>
      resolve({
        status: request.status,
        headers: request
          .getAllResponseHeaders()
          .split("\r\n")
          .filter((line) => line !== "")
          .map((line) => line.split(/: (.*)/s, 2)),
        body: request.responseText,
        progress,
      });
    request.send(body);
  });
}

// What becomes of a WebSocket: the answer to a message, or that there is none.
function talk(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = (event) => {
      resolve(`answered ${event.data}`);
      socket.close();
    };
    socket.onclose = (event) => resolve(`closed with ${event.code}`);
  });
}
