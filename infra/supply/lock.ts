/** A package in `package-lock.json`, as far as it is read here. */
export interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  inBundle?: boolean
}

/**
 * What is wrong with a lock file: a package whose content is not pinned by a hash of SHA-512, one that comes from elsewhere
 * than the registry npm is set to (npm then notes the place), one that is a link. A package inside another's archive is pinned by that archive's hash.
 */
export function lockFaults(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages).flatMap(([place, { integrity, resolved, link, inBundle, version }]) => {
    if (place === '') return []
    if (link) return [`${place} is a link`]
    if (version === undefined) return [`${place} has no version`]
    if (resolved !== undefined) return [`${place} comes from ${resolved}`]
    if (inBundle) return bundleOf(packages, place) ? [] : [`${place} says it is in another's archive, which is not there or not pinned`]
    return /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ? [] : [`${place} is not pinned by a hash`]
  })
}

/** Whether a package above this one is pinned, in whose archive it then is. */
function bundleOf(packages: Readonly<Record<string, Locked>>, place: string): boolean {
  const parts = place.split('/node_modules/')
  return parts.some((_, at) => at > 0 && packages[parts.slice(0, at).join('/node_modules/')]?.integrity !== undefined)
}
