// A small server and client that lives in a container, on the host, or on the machine outside. It answers TCP and UDP on
// its ports with its own label and the address that it sees, and asks others when the walk tells it to.
// usage: node agent.mjs LABEL SOCKET PORT…
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [label, socketPath, ...ports] = process.argv.slice(2);
const plain = (address) => address.replace(/^::ffff:/, '');
const flows = new Map();

process.on('SIGTERM', () => process.exit(0));
await Promise.all(ports.map(Number).flatMap((port) => [serveTcp(port), serveUdp(port)]));

const control = connect(socketPath, () => tell({ hello: label }));
// Without the walk there is nothing to do.
control.on('close', () => process.exit(0)).on('error', () => process.exit(0));
const lines = createInterface({ input: control });
lines.on('error', () => process.exit(0));
lines.on('line', async (line) => {
  const { id, ask, open, say } = JSON.parse(line);
  if (ask !== undefined) tell({ id, answers: await askAll(ask) });
  else if (open !== undefined) tell({ id, answers: [await openFlow(open)] });
  else tell({ id, answers: await Promise.all((say ?? []).map(sayOn)) });
});

function tell(message) {
  control.write(`${JSON.stringify(message)}\n`);
}

function serveTcp(port) {
  const server = createServer((socket) => {
    const greet = () => socket.write(`${label} ${plain(socket.remoteAddress ?? '')}`);
    socket.on('error', () => socket.destroy()).on('data', greet);
    greet();
  });
  return new Promise((resolve) => server.listen({ port, host: '::', backlog: 1000 }, resolve));
}

function serveUdp(port) {
  const server = createSocket('udp6');
  server.on('error', () => undefined);
  server.on('message', (_, { port: back, address }) =>
    server.send(`${label} ${plain(address)}`, back, address),
  );
  return new Promise((resolve) => server.bind(port, '::', resolve));
}

/** Asks all at once. It is over when all that are to answer have, and the others had time to; or at the limit. */
function askAll({ questions, least, most }) {
  const answers = questions.map(() => '');
  const closers = [];
  let missing = questions.filter(({ answers: expected }) => expected).length;
  return new Promise((resolve) => {
    const started = Date.now();
    const finish = () => {
      closers.forEach((close) => close());
      resolve(answers);
    };
    const limit = setTimeout(finish, most);
    const settle = () => {
      if (missing > 0) return;
      clearTimeout(limit);
      setTimeout(finish, Math.max(0, least - (Date.now() - started)));
    };
    questions.forEach((question, index) => {
      const ask = question.protocol === 'tcp' ? askTcp : askUdp;
      const heard = (answer) => {
        if (answers[index] !== '') return;
        answers[index] = answer;
        if (question.answers) missing -= 1;
        if (question.answers && missing === 0) settle();
      };
      closers.push(ask(question, heard));
    });
    settle();
  });
}

function askTcp({ address, port }, heard) {
  const socket = connect({ host: address, port });
  socket.on('data', (data) => heard(String(data))).on('error', () => undefined);
  return () => socket.resetAndDestroy();
}

function askUdp({ address, port }, heard) {
  const socket = udpSocket(address, port);
  socket.on('message', (data) => heard(String(data)));
  socket.send('?', port, address, () => undefined);
  return () => socket.close();
}

function udpSocket(address) {
  return createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', () => undefined);
}

/** Keeps a connection open, or a socket that is used again. Answers the first greeting. */
function openFlow({ flow, protocol, address, port }) {
  const tcp = protocol === 'tcp' ? connect({ host: address, port }) : undefined;
  const udp = tcp === undefined ? udpSocket(address) : undefined;
  const state = { heard: () => undefined, send: () => undefined };
  (tcp ?? udp).on(tcp === undefined ? 'message' : 'data', (data) => state.heard(String(data)));
  tcp?.on('error', () => undefined);
  state.send = () =>
    tcp === undefined ? udp.send('?', port, address, () => undefined) : tcp.write('?');
  state.close = () => (tcp === undefined ? udp.close() : tcp.resetAndDestroy());
  flows.get(flow)?.close();
  flows.set(flow, state);
  return listen(state, tcp === undefined);
}

function sayOn({ flow, most }) {
  const state = flows.get(flow);
  return state === undefined ? '' : listen(state, true, most);
}

function listen(state, speak, most = 1000) {
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      state.heard = () => undefined;
      resolve(answer);
    };
    const timer = setTimeout(() => done(''), most);
    state.heard = done;
    if (speak) state.send();
  });
}
