using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Dmp.Keys;

/// <summary>
/// A module is initialized once for the whole process, and whoever ends it ends it for all: it is shared, and ended by the last user.
/// </summary>
internal sealed class Pkcs11Module
{
    private static readonly Dictionary<string, Pkcs11Module> loaded = new(StringComparer.Ordinal);

    private readonly string path;
    private int users;

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
