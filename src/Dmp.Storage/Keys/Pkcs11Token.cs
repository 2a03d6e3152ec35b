using System.Collections.Concurrent;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Dmp.Storage.Keys;

/// <summary>
/// One token with its sessions: opened at the first use, logged in once, opened anew after the token went away (a restarted HSM, a new
/// connection). A session serves one operation at a time.
/// </summary>
internal sealed class Pkcs11Token(Pkcs11Options options) : IAsyncDisposable
{
    private readonly SemaphoreSlim places = new(options.SessionsMax, options.SessionsMax);
    private readonly SemaphoreSlim opening = new(1, 1);
    private Opened? opened;

    /// <summary>Runs one operation in a session, away from the caller's thread: modules block.</summary>
    public async Task<T> UseAsync<T>(Func<ISession, T> operation, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            for (var isRepeat = false; ; isRepeat = true)
            {
                var current = await OpenAsync(cancellationToken);
                try
                {
                    return await Task.Run(() => current.Use(operation), cancellationToken);
                }
                catch (Pkcs11Exception gone) when (!isRepeat && IsGone(gone.RV))
                {
                    await ForgetAsync(current);
                }
                catch (Pkcs11Exception failure)
                {
                    throw new MasterKeyUnavailableException($"The token refuses: {failure.RV}.", failure);
                }
            }
        }
        finally
        {
            places.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        opened?.Dispose();
        opened = null;
        places.Dispose();
        opening.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsGone(CKR result) =>
        result is CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_SESSION_CLOSED or CKR.CKR_USER_NOT_LOGGED_IN
            or CKR.CKR_DEVICE_REMOVED or CKR.CKR_DEVICE_ERROR or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_CRYPTOKI_NOT_INITIALIZED;

    private async Task<Opened> OpenAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref opened) is { } open)
        {
            return open;
        }

        await opening.WaitAsync(cancellationToken);
        try
        {
            return opened ??= await Task.Run(() => Opened.Open(options), cancellationToken);
        }
        catch (Exception failure) when (failure is Pkcs11Exception or UnmanagedException or DllNotFoundException or BadImageFormatException
            or IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyUnavailableException(
                $"The token {options.Token} cannot be opened with {options.Module}: {failure.Message}", failure);
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task ForgetAsync(Opened gone)
    {
        await opening.WaitAsync(CancellationToken.None);
        try
        {
            if (ReferenceEquals(opened, gone))
            {
                // Left to those that still use it; the new one logs in again.
                opened = null;
            }
        }
        finally
        {
            opening.Release();
        }
    }

    private sealed class Opened : IDisposable
    {
        private readonly ISlot slot;

        // The login lasts as long as one session does.
        private readonly ISession login;
        private readonly ConcurrentBag<ISession> idle = [];
        private readonly Pkcs11Module module;

        private Opened(Pkcs11Module module, ISlot slot, ISession login)
        {
            this.module = module;
            this.slot = slot;
            this.login = login;
        }

        public static Opened Open(Pkcs11Options options)
        {
            var module = Pkcs11Module.Load(options.Module);
            try
            {
                var slot = module.Library.GetSlotList(SlotsType.WithTokenPresent)
                    .Find(
                        slot => slot.GetTokenInfo() is { TokenFlags.TokenInitialized: true } info && info.Label.TrimEnd() == options.Token)
                    ?? throw new MasterKeyUnavailableException($"{options.Module} has no token {options.Token}.");
                var session = slot.OpenSession(SessionType.ReadWrite);
                try
                {
                    session.Login(CKU.CKU_USER, PinOf(options));
                }
                catch (Pkcs11Exception already) when (already.RV == CKR.CKR_USER_ALREADY_LOGGED_IN)
                {
                    // By another user of the module in this process; the login is the process's.
                }

                return new Opened(module, slot, session);
            }
            catch (Exception)
            {
                module.Release();
                throw;
            }
        }

        public T Use<T>(Func<ISession, T> operation)
        {
            var session = idle.TryTake(out var free) ? free : slot.OpenSession(SessionType.ReadWrite);
            var isGood = false;
            try
            {
                var result = operation(session);
                isGood = true;
                return result;
            }
            finally
            {
                // A session in which something failed may still be busy with it.
                if (isGood)
                {
                    idle.Add(session);
                }
                else
                {
                    Close(session);
                }
            }
        }

        public void Dispose()
        {
            while (idle.TryTake(out var session))
            {
                Close(session);
            }

            Close(login);
            module.Release();
        }

        private static void Close(ISession session)
        {
            try
            {
                session.Dispose();
            }
            catch (Pkcs11Exception)
            {
                // It is gone already, which is what was wanted.
            }
        }

        private static string PinOf(Pkcs11Options options)
        {
            if (options.PinFile is not { Length: > 0 } path)
            {
                return options.Pin!;
            }

            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == 0
                ? File.ReadAllText(path).TrimEnd('\r', '\n')
                : throw new MasterKeyUnavailableException($"{path} holds a PIN that others can read; set its mode to 0600.");
        }
    }
}
