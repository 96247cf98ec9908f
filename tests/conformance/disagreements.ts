/**
 * Where we refuse and `@sigstore/verify` does not, by our reason: each is a strictness that was wanted. What is not in
 * the table fails the differential test, as does everything that we accept and it refuses.
 */
export const EXPLAINED: Readonly<Record<string, string>> = {
  'verify.bundle':
    'one spelling of the JSON: members that no schema has, base64 with other letters, padding or white space, numbers with other letters, versions with what they do not have, members that are gone; sigstore-js reads around all of these',
  'verify.certificate':
    'also what nothing signs in a certificate must be strict DER, such as the unused bits of its signature, and one algorithm inside and outside',
  'verify.entry':
    'the body of an entry must be canonical and about our certificate or key; sigstore-js compares digest and signature alone',
  'verify.inclusion':
    'size and root in the proof must be those of the checkpoint; sigstore-js takes them from the checkpoint',
  'verify.checkpoint':
    'also lines that are not the log’s must be lines of a signed note; sigstore-js passes over what it does not look for',
  'verify.timestamp':
    'fields of a timestamp response that nothing signs must be those of RFC 3161, in strict DER; a rejecting status refuses',
}
