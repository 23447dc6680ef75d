/** The use cases that show the state. They are loaded without the others, of which they are a small part. */
export {
  inspectContainer,
  inspectImage,
  inspectNetwork,
  listContainers,
  listImages,
  listNetworks,
  tidy,
} from '@kleenet/core';
