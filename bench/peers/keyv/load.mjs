/** Imports a package from this folder's own `node_modules`. */
export const loadPeer = (name) => import(name)
