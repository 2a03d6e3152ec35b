using System.Reflection;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Dmp.Storage.Keys;

/// <summary>
/// A module is initialized once for the whole process, and whoever ends it ends it for all: it is shared, and ended by the last user.
/// </summary>
internal sealed class Pkcs11Module
{
    private static readonly Dictionary<string, Pkcs11Module> loaded = new(StringComparer.Ordinal);

    private readonly string path;
    private int users;

    // The wrapper calls dlopen in "libdl", a name that only development packages have; the C library has the functions itself.
    static Pkcs11Module() => NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, Resolve);

    private Pkcs11Module(string path)
    {
        this.path = path;
        var factories = new Pkcs11InteropFactories();
        Library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, path, AppType.MultiThreaded);
    }

    public IPkcs11Library Library { get; }

    public static Pkcs11Module Load(string path)
    {
        lock (loaded)
        {
            if (!loaded.TryGetValue(path, out var module))
            {
                loaded[path] = module = new Pkcs11Module(path);
            }

            module.users++;
            return module;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == "libdl" && OperatingSystem.IsLinux()
        && (NativeLibrary.TryLoad("libdl.so.2", out var library) || NativeLibrary.TryLoad("libc.so.6", out library))
            ? library
            : 0;

    public void Release()
    {
        lock (loaded)
        {
            if (--users == 0)
            {
                loaded.Remove(path);
                Library.Dispose();
            }
        }
    }
}
