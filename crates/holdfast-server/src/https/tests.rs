//! The accept loop on loopback, spoken to by raw sockets and by a client.
