import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;

public class Stadium {
    static final DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(System.in, 1 << 16));

    public static void main(String[] arguments) throws IOException {
        int n = number();
        int[] comes = new int[n], goes = new int[n];
        for (int i = 0; i < n; i++) {
            comes[i] = number();
            goes[i] = number();
        }
        Arrays.sort(comes);
        Arrays.sort(goes);
        int best = 0, at = 0, gone = 0;
        for (int i = 0; i < n; i++) {
            while (goes[gone] <= comes[i]) gone++;
            if (i + 1 - gone > best) {
                best = i + 1 - gone;
                at = comes[i];
            }
        }
        System.out.println(best + " " + at);
    }

    static int number() throws IOException {
        int c = in.read(), value = 0;
        while (c < '0') c = in.read();
        for (; c >= '0'; c = in.read()) value = 10 * value + c - '0';
        return value;
    }
}
