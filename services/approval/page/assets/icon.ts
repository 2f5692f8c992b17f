/** The mark: two doors, one ajar. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/><path d="M8 25V11a8 8 0 0 1 8-5v19z" fill="#fff"/><path d="M18 25V6.3l5 3.2a3 3 0 0 1 1.400 2.500V25z" fill="#fff" fill-opacity=".55"/></svg>
`;
