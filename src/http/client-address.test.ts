import { expect, it } from 'vitest'
import { clientAddress, proxyList, networkOf } from './client-address.ts'

const proxies = proxyList(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])!

it.each([
  ['nobody in front', { peer: '198.51.100.7', forwardedFor: '' }, '198.51.100.7'],
  [
    'a header that a client wrote himself',
    { peer: '198.51.100.7', forwardedFor: '10.0.0.1, 203.0.113.9' },
    '198.51.100.7',
  ],
  ['one proxy', { peer: '10.0.0.1', forwardedFor: '203.0.113.9' }, '203.0.113.9'],
  [
    'one proxy, and what the client claims',
    { peer: '10.0.0.1', forwardedFor: '1.2.3.4, 203.0.113.9' },
    '203.0.113.9',
  ],
  ['two proxies', { peer: '10.0.0.1', forwardedFor: '1.2.3.4,203.0.113.9, 192.0.2.1' }, '203.0.113.9'],
  ['a proxy that says nothing', { peer: '10.0.0.1', forwardedFor: '' }, '10.0.0.1'],
  ['a proxy that says nonsense', { peer: '10.0.0.1', forwardedFor: '203.0.113.9, "unknown"' }, '10.0.0.1'],
  ['IPv4 over IPv6', { peer: '::ffff:10.0.0.1', forwardedFor: '::FFFF:203.0.113.9' }, '203.0.113.9'],
  ['IPv6 with a port', { peer: 'fd00::1', forwardedFor: '[2001:db8::1]:4711' }, '2001:db8::1'],
  ['IPv4 with a port', { peer: 'fd00::1', forwardedFor: '203.0.113.9:4711' }, '203.0.113.9'],
  [
    'proxies only, more than a chain has',
    { peer: '10.0.0.1', forwardedFor: '10.0.0.2,'.repeat(5000) + '10.0.0.3' },
    '10.0.0.2',
  ],
])('the client is found behind %s', (_what, { peer, forwardedFor }, client) => {
  expect(clientAddress(peer, forwardedFor, proxies)).toBe(client)
})

it.each(['proxy.example', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0', '', '*', '10.0.0.1:80'])(
  '%j is no address of a proxy',
  (text) => {
    expect(proxyList(['10.0.0.1', text])).toBeUndefined()
  },
)

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1:2:3:4::', '1:2:3:4::/64'],
  ['1::4:5:6:7:8', '1:0:0:4::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['x', 'x'],
])('%s stands for %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
