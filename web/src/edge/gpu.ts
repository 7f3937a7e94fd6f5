/** Whether WebGPU gives an adapter here: the interface alone promises nothing. */
export async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
  try {
    return Boolean(await gpu?.requestAdapter())
  } catch {
    return false
  }
}
