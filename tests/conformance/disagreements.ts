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

/** Where sigstore-python refuses and we do not, by what it says. It must then be `@sigstore/verify` that agrees with us. */
export const PYTHON_ALONE: Readonly<Record<string, string>> = {
  'validation error for Bundle':
    'protobuf leaves out an index that is zero, and a bundle of version 0.1 may have the promise of the log in place of the proof',
  'Integrated time only supported for dsse/hashedrekord 0.0.1 types':
    'the promise of the log is over the time of every kind of entry; cosign and sigstore-js take it for intoto too',
  'Unsupported DSSE log entry type: intoto/0.0.2': 'it reads no entries of intoto; cosign and sigstore-js do',
  'not enough sources of verified time':
    'both ends belong to the span in which an authority is trusted, as a case of sigstore-conformance has it',
}

/** Where we refuse and sigstore-python does not, by our reason. */
export const PYTHON_ACCEPTS: Readonly<Record<string, string>> = {
  'verify.bundle':
    'one spelling of the JSON, as against sigstore-js; sigstore-python reads around numbers and base64',
  'verify.inclusion':
    'an entry of Rekor 2 has one index, inside of the proof and outside; sigstore-python looks inside alone',
  'verify.checkpoint':
    'the name in the signature line of the log and every byte of the log id count; sigstore-python goes by the four bytes of the hint',
}
