/** The file of the sample project that has the error. */
export const FILE = "shop/orders.py";
