import { isoTimeMs, printable } from '../../../base/index.ts'
import { API_VERSION, inSteps, type FileListing, type NameListing, type PackageListing } from './write.ts'

/**
 * The simple index in JSON: PEP 691, with what PEP 700 (size, time, versions), 714 (core metadata), 592 (yank), 740
 * (provenance) and 792 (status) add. Texts of people are printable: installers put them on terminals as they are.
 */
const META = JSON.stringify({ 'api-version': API_VERSION })

export function writePackageJson(listing: PackageListing): AsyncGenerator<Uint8Array> {
  const { name, status, statusReason, files } = listing
  const marker = { status, ...(statusReason !== '' && { reason: printable(statusReason) }) }
  const versions = new Set<string>()
  return inSteps(files, {
    head: `{"meta":${META},"name":${JSON.stringify(name)},"project-status":${JSON.stringify(marker)},"files":[`,
    item: (file, index) => {
      versions.add(file.version)
      return `${index === 0 ? '' : ','}${JSON.stringify(fileEntry(file))}`
    },
    foot: () => `],"versions":${JSON.stringify([...versions])}}`,
  })
}

export function writeNamesJson({ names }: NameListing): AsyncGenerator<Uint8Array> {
  return inSteps(names, {
    head: `{"meta":${META},"projects":[`,
    item: ({ name }, index) => `${index === 0 ? '' : ','}${JSON.stringify({ name })}`,
    foot: () => ']}',
  })
}

/** What is undefined is left out of JSON. */
function fileEntry(file: FileListing): object {
  const { sha256, sizeBytes, uploadTimeMs, requiresPython = '', coreMetadata, yanked, provenanceHref } = file
  return {
    filename: file.fileName,
    url: file.href,
    hashes: sha256 === undefined ? {} : { sha256 },
    size: sizeBytes,
    ...(uploadTimeMs !== undefined && { 'upload-time': isoTimeMs(uploadTimeMs) }),
    ...(requiresPython !== '' && { 'requires-python': printable(requiresPython) }),
    ...(coreMetadata !== undefined && {
      'core-metadata': coreMetadata === 'unhashed' || { sha256: coreMetadata },
    }),
    ...(yanked !== undefined && { yanked: yanked === '' || printable(yanked) }),
    provenance: provenanceHref,
  }
}
