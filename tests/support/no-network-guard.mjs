/** Loaded into a Node process by `no-network.ts`: whoever asks anybody ends the process, and says where. */
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import { syncBuiltinESMExports } from 'node:module'

const EXIT = 97

function forbid(owner, name) {
  owner[name] = () => {
    process.stderr.write(`no-network-guard: ${name} ${new Error('called').stack}\n`)
    process.exit(EXIT)
  }
}

forbid(net.Socket.prototype, 'connect')
forbid(dgram, 'createSocket')
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  forbid(dns, name)
  forbid(dns.promises, name)
}
syncBuiltinESMExports()
