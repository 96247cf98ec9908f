/** Its claims with another end; nobody looks at the signature before that. */
export function expired(token: string): string {
  const [head = '', claims = '', signature = ''] = token.split('.')
  const changed = {
    ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object),
    exp: 1_700_000_000,
  }
  return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
}
