import ipaddr from 'ipaddr.js'

/** The address a text is; undefined when it is a name. An IPv4 address that is dressed as IPv6 is the IPv4 address. */
function addressIn(text: string) {
  const bare = text.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined
}

/** Whether a text is an address, not a name. */
export const isAddress = (host: string): boolean => addressIn(host) !== undefined

/** All of IPv6 that has been given out for the public internet (RFC 4291, section 2.4, and IANA's registry of it). */
const GLOBAL_UNICAST = '2000::/3'

/** Whether an address is one of the public internet: not of this machine, of a private net, of a cloud's own services, of a tunnel. */
export function isPublic(address: string): boolean {
  const found = addressIn(address)
  if (found?.range() !== 'unicast') return false
  return found.kind() === 'ipv4' || found.match(ipaddr.parseCIDR(GLOBAL_UNICAST))
}

/** Whether an address is this very machine's. */
export function isLoopback(address: string): boolean {
  return addressIn(address)?.range() === 'loopback'
}
