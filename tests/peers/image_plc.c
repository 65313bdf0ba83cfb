/*
 * A dumb PLC image on libmodbus: holding registers that a control program outside of Modbus could have written. For tests of
 * towerd's link against a Modbus stack that nobody of ours has made.
 *
 * usage: image_plc tcp PORT | image_plc rtu DEVICE BAUD
 * Register n shows n, but for those that were written. Registers from 2000 on are not there: exception 2. A read of register
 * 1999 gets exception 6 (busy). Prints "ready PORT" when it listens.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTERS 2000
#define DEVICE_ID 1

static int serve(modbus_t *line, modbus_mapping_t *image)
{
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int offset = modbus_get_header_length(line);

    for (;;) {
        int length = modbus_receive(line, request);
        if (length == -1)
            return errno;
        if (length == 0)
            continue; /* for another device */
        int address = request[offset + 1] << 8 | request[offset + 2];
        if (request[offset] == 3 && address == REGISTERS - 1)
            modbus_reply_exception(line, request, MODBUS_EXCEPTION_SLAVE_OR_SERVER_BUSY);
        else
            modbus_reply(line, request, length, image);
    }
}

static int serve_tcp(int port, modbus_mapping_t *image)
{
    modbus_t *line = modbus_new_tcp("127.0.0.1", port);
    modbus_set_slave(line, DEVICE_ID);
    int listener = modbus_tcp_listen(line, 1);
    if (listener == -1) {
        fprintf(stderr, "%s\n", modbus_strerror(errno));
        return 1;
    }
    printf("ready %d\n", port);
    fflush(stdout);
    for (;;) {
        if (modbus_tcp_accept(line, &listener) == -1)
            return 1;
        serve(line, image);
        modbus_close(line);
    }
}

static int serve_rtu(const char *device, int baud, modbus_mapping_t *image)
{
    modbus_t *line = modbus_new_rtu(device, baud, 'N', 8, 1);
    modbus_set_slave(line, DEVICE_ID);
    if (modbus_connect(line) == -1) {
        fprintf(stderr, "%s: %s\n", device, modbus_strerror(errno));
        return 1;
    }
    printf("ready %s\n", device);
    fflush(stdout);
    for (;;) {
        int why = serve(line, image);
        if (why != EMBBADCRC && why != EMBBADDATA && why != ETIMEDOUT)
            return 1;
    }
}

int main(int argc, char **argv)
{
    modbus_mapping_t *image = modbus_mapping_new(0, 0, REGISTERS, 0);
    if (image == NULL)
        return 1;
    for (int n = 0; n < REGISTERS; n++)
        image->tab_registers[n] = (uint16_t)n;
    if (argc == 3 && strcmp(argv[1], "tcp") == 0)
        return serve_tcp(atoi(argv[2]), image);
    if (argc == 4 && strcmp(argv[1], "rtu") == 0)
        return serve_rtu(argv[2], atoi(argv[3]), image);
    fprintf(stderr, "usage: image_plc tcp PORT | image_plc rtu DEVICE BAUD\n");
    return 2;
}
