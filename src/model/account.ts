/** Whether a points account can be called so: it stands in the names of the ledger's books. */
export const isAccount = (name: string): boolean => /^[A-Za-z0-9_.-]{1,64}$/.test(name);
