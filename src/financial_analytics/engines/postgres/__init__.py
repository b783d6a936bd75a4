"""PostgreSQL: its sessions, bronze by COPY, and gold."""
