/** What sources are on, for people: a host by its address, or another stream of the instance. */

const STREAM = "stream ";

export function streamAddress(name: string): string {
  return STREAM + name;
}

export function hostName(address: string): string {
  return address.startsWith(STREAM) ? address : `host ${address}`;
}
