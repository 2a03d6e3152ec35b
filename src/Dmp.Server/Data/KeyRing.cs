using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Dmp.Server.Data;

/// <summary>
/// Keeps the Data Protection keys in the database, so that every server reads every server's page tokens and nothing has
/// to be configured. The keys protect page tokens only; whoever reads the table can read the rest of the database too.
/// The interface is the framework's and synchronous; it is called once a day or so.
/// </summary>
internal sealed class KeyRing(Database database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() => database.OnConnection(
        connection => connection.Query<string>(KeyRingSql.List).Select(XElement.Parse).ToList());

    public void StoreElement(XElement element, string friendlyName) => database.OnConnection(
        connection => connection.Execute(
            KeyRingSql.Add, new { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) }));
}

internal static class KeyRingSql
{
    public const string List = "select xml from key_ring order by name";

    public const string Add = "insert into key_ring (name, xml) values (@Name, @Xml) on conflict on constraint key_ring_pkey do nothing";
}
