# Passes connections to the port of the proxy on to the proxy's socket. Started by the launcher, and
# comes back to it when the port is open; ends with the container. There is no policy in here: whoever
# speaks to the socket directly finds the same proxy.
import asyncio
import os
import socket

PORT = 3128
DOOR = "/run/fame/proxy"
PIECE = 16384


async def pour(reader, writer):
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def carry(near_reader, near_writer):
    try:
        far_reader, far_writer = await asyncio.open_unix_connection(DOOR, limit=PIECE)
    except OSError:
        near_writer.close()
        return
    await asyncio.gather(pour(near_reader, far_writer), pour(far_reader, near_writer))
    far_writer.close()
    near_writer.close()


async def serve(listener):
    server = await asyncio.start_server(carry, sock=listener, limit=PIECE)
    await server.serve_forever()


listener = socket.create_server(("127.0.0.1", PORT))
if os.fork():
    os._exit(0)
asyncio.run(serve(listener))
